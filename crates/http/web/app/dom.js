/** Making elements. Text is always set as text: nothing foreign is ever read as HTML. */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Makes an element. An attribute that is a function listens to the event that its name says
 * (`onclick`); `true` sets an attribute without a value, and `false`, `null` and `undefined` leave
 * it out.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, unknown>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    } else if (value === true) {
      element.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, String(value));
    }
  }
  element.append(...children.filter(isShown));
  return element;
}

/**
 * @param {Child} child
 * @returns {child is Node | string}
 */
function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}

/** The outlines of the icons, on a grid of 24. */
const ICONS = {
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  plus: "M12 5v14M5 12h14",
  pencil: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  clip: "M19 11l-7.5 7.5a4.2 4.2 0 0 1-6-6L13 5a2.8 2.8 0 0 1 4 4l-7.5 7.5a1.4 1.4 0 0 1-2-2L14 8",
  close: "M6 6l12 12M18 6L6 18",
  retry: "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
  list: "M5 7h14M5 12h14M5 17h9",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
};

/**
 * An icon. It says nothing: the button that it stands in has the words.
 *
 * @param {keyof typeof ICONS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * A button with an icon alone; `label` is its name for all who do not see it.
 *
 * @param {keyof typeof ICONS} name
 * @param {string} label
 * @param {Record<string, unknown>} attributes
 * @returns {HTMLButtonElement}
 */
export function iconButton(name, label, attributes) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, ...attributes },
    icon(name),
  );
}

let lastId = 0;

/**
 * An id that no other element of the page has.
 *
 * @param {string} prefix
 * @returns {string}
 */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/**
 * The element of the page's own HTML with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * A moment as people write it, in the reader's own time and manner.
 *
 * @param {string | Date} moment
 * @returns {string}
 */
export function shown(moment) {
  const date = new Date(moment);
  return Number.isNaN(date.getTime())
    ? ""
    : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
