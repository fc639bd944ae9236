/** Forms whose faults stand where they are: at the field, or above them all. */

import { freshId, h } from "./dom.js";
import { sentence, troubleOf } from "./trouble.js";

/**
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {HTMLInputElement} control
 * @property {(fault: string) => void} complain an empty text takes the complaint away
 */

/**
 * A field with its label, a hint, and room for what is wrong with it.
 *
 * @param {string} name
 * @param {string} label
 * @param {{hint?: string} & Record<string, unknown>} attributes of the input
 * @returns {Field}
 */
export function field(name, label, { hint, ...attributes }) {
  const id = freshId(name);
  const input = h("input", { id, name, ...attributes });
  return labelled(id, label, input, hint);
}

/**
 * @param {string} id
 * @param {string} label
 * @param {HTMLInputElement} control
 * @param {string} [hint]
 * @returns {Field}
 */
function labelled(id, label, control, hint) {
  const fault = h("p", { class: "fault", id: `${id}-fault`, hidden: true });
  const about = hint && h("p", { class: "hint", id: `${id}-hint` }, hint);
  const describe = (/** @type {boolean} */ isWrong) => {
    const parts = [hint && `${id}-hint`, isWrong && `${id}-fault`].filter(Boolean);
    if (parts.length > 0) control.setAttribute("aria-describedby", parts.join(" "));
    else control.removeAttribute("aria-describedby");
  };
  const complain = (/** @type {string} */ text) => {
    fault.textContent = text;
    fault.hidden = text === "";
    describe(text !== "");
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  describe(false);
  control.addEventListener("input", () => complain(""));
  const element = h("div", { class: "field" }, h("label", { for: id }, label), control, about, fault);
  return { element, control, complain };
}

/**
 * A password that can be shown while it is typed.
 *
 * @param {string} name
 * @param {string} label
 * @param {{hint?: string} & Record<string, unknown>} attributes
 * @returns {Field}
 */
export function passwordField(name, label, attributes) {
  const made = field(name, label, { type: "password", required: true, spellcheck: "false", ...attributes });
  const toggle = h(
    "button",
    { type: "button", class: "reveal", "aria-pressed": "false", onclick: flip },
    "Show",
  );
  toggle.setAttribute("aria-label", "Show password");
  function flip() {
    const isShown = made.control.getAttribute("type") === "text";
    made.control.setAttribute("type", isShown ? "password" : "text");
    toggle.setAttribute("aria-pressed", String(!isShown));
    toggle.textContent = isShown ? "Show" : "Hide";
  }
  const row = h("div", { class: "with-reveal" });
  made.control.replaceWith(row);
  row.append(made.control, toggle);
  return made;
}

/**
 * A form. `submit` is given what was typed, by name; what it throws is shown where it belongs, and
 * what was typed stays.
 *
 * @param {Field[]} fields
 * @param {string} label of the button
 * @param {(values: Record<string, string>) => Promise<void>} submit
 * @returns {HTMLFormElement}
 */
export function form(fields, label, submit) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { type: "submit", class: "primary" }, label);
  const element = h(
    "form",
    { novalidate: true, onsubmit: run },
    problem,
    ...fields.map(({ element }) => element),
    button,
  );
  let isBusy = false;

  /** @param {SubmitEvent} event */
  async function run(event) {
    event.preventDefault();
    if (isBusy || !isComplete(fields)) return;
    isBusy = true;
    // Not `disabled`: the button would lose the focus.
    button.setAttribute("aria-disabled", "true");
    problem.hidden = true;
    try {
      await submit(Object.fromEntries(fields.map(({ control }) => [control.name, control.value])));
    } catch (error) {
      const { message, fields: faults } = troubleOf(error);
      const isTold = complain(fields, faults);
      if (!isTold) {
        problem.textContent = message;
        problem.hidden = false;
      }
    } finally {
      isBusy = false;
      button.removeAttribute("aria-disabled");
    }
  }
  return element;
}

/**
 * Says what the browser finds wrong, at the fields.
 *
 * @param {Field[]} fields
 * @returns {boolean}
 */
function isComplete(fields) {
  for (const { control, complain } of fields) complain(control.validationMessage);
  const first = fields.find(({ control }) => control.validationMessage !== "");
  first?.control.focus();
  return !first;
}

/**
 * Says what the server finds wrong, at the fields, and whether all of it could be said there.
 *
 * @param {Field[]} fields
 * @param {{field: string, message: string}[]} faults
 * @returns {boolean}
 */
function complain(fields, faults) {
  const known = faults.flatMap(({ field, message }) => {
    const place = fields.find(({ control }) => control.name === field);
    place?.complain(sentence(message));
    return place ? [place] : [];
  });
  known[0]?.control.focus();
  return faults.length > 0 && known.length === faults.length;
}
