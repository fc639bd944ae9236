/** Drawing widgets: the simple components as they are meant, all others so that they can be read. */

import { freshId, h } from "../dom.js";
import { isImageAddress, markdown } from "./markdown.js";

/** @typedef {Record<string, any>} Component */

/**
 * What is done when a button is pressed.
 *
 * @typedef {(action: {type: string, payload?: any, handler?: string, streaming?: boolean}) => void} Act
 */

/**
 * @param {Component} root
 * @param {Act} act
 * @returns {HTMLElement}
 */
export function drawWidget(root, act) {
  return h("div", { class: "widget" }, draw(root, act));
}

/** @type {Record<string, (component: Component, act: Act) => HTMLElement>} */
const DRAWN = {
  Card: (component, act) =>
    h(
      "section",
      { class: "w-card" },
      component.status?.text && h("p", { class: "w-caption" }, text(component.status.text)),
      ...children(component, act),
      (component.confirm || component.cancel) &&
        h(
          "div",
          { class: "w-row" },
          ...[component.confirm, component.cancel]
            .filter(Boolean)
            .map((part) => button({ label: part.label, onClickAction: part.action }, act)),
        ),
    ),
  Basic: (component, act) => h("div", { class: "w-col" }, ...children(component, act)),
  ListView: (component, act) => h("ul", { class: "w-list" }, ...children(component, act)),
  ListViewItem: (component, act) => {
    const inner = children(component, act);
    const made = component.onClickAction
      ? h(
          "button",
          { type: "button", class: "w-item", onclick: () => act(component.onClickAction) },
          ...inner,
        )
      : h("div", { class: "w-item" }, ...inner);
    return h("li", {}, made);
  },
  Text: (component) => h("p", { class: "w-text" }, text(component.value)),
  Title: (component) =>
    h("p", { class: "w-title", role: "heading", "aria-level": "3" }, text(component.value)),
  Caption: (component) => h("p", { class: "w-caption" }, text(component.value)),
  Label: (component) => h("p", { class: "w-caption" }, text(component.value)),
  Markdown: (component) => markdown(text(component.value)),
  Badge: (component) => h("span", { class: "badge" }, text(component.label)),
  Box: (component, act) =>
    h("div", { class: component.direction === "row" ? "w-row" : "w-col" }, ...children(component, act)),
  Row: (component, act) => h("div", { class: "w-row" }, ...children(component, act)),
  Col: (component, act) => h("div", { class: "w-col" }, ...children(component, act)),
  Transition: (component, act) => h("div", { class: "w-col" }, ...children(component, act)),
  Divider: () => h("hr"),
  Spacer: () => h("span", { class: "w-spacer" }),
  Icon: () => h("span"),
  Image: (component) =>
    isImageAddress(component.src)
      ? h("img", { src: component.src, alt: text(component.alt), class: "w-image" })
      : h("p", { class: "w-caption" }, text(component.alt)),
  Button: (component, act) => button(component, act),
  Form: (component, act) => {
    const send = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const typed = Object.fromEntries(new FormData(made).entries());
      const action = component.onSubmitAction;
      if (action) act({ ...action, payload: { ...action.payload, ...typed } });
    };
    const made = h("form", { class: "w-col", onsubmit: send }, ...children(component, act));
    return made;
  },
  Input: (component) =>
    labelled(
      component,
      h("input", {
        name: component.name,
        type: plainType(component.inputType),
        value: component.defaultValue,
        placeholder: component.placeholder,
        required: component.required === true,
      }),
    ),
  Textarea: (component) =>
    labelled(
      component,
      h(
        "textarea",
        {
          name: component.name,
          placeholder: component.placeholder,
          required: component.required === true,
          rows: 3,
        },
        text(component.defaultValue),
      ),
    ),
  DatePicker: (component) =>
    labelled(component, h("input", { name: component.name, type: "date", value: component.defaultValue })),
  Checkbox: (component) =>
    h(
      "label",
      { class: "w-check" },
      h("input", {
        type: "checkbox",
        name: component.name,
        value: "true",
        checked: component.defaultChecked === true,
      }),
      text(component.label),
    ),
  Select: (component) =>
    labelled(
      component,
      h(
        "select",
        { name: component.name },
        ...options(component).map(({ value, label }) =>
          h("option", { value, selected: value === component.defaultValue }, label),
        ),
      ),
    ),
  RadioGroup: (component) =>
    h(
      "fieldset",
      { class: "w-col" },
      h("legend", { class: "unseen" }, text(component.ariaLabel ?? component.name)),
      ...options(component).map(({ value, label }) =>
        h(
          "label",
          { class: "w-check" },
          h("input", {
            type: "radio",
            name: component.name,
            value,
            checked: value === component.defaultValue,
          }),
          label,
        ),
      ),
    ),
};

/**
 * @param {Component} component
 * @param {Act} act
 * @returns {HTMLElement}
 */
function draw(component, act) {
  const drawn = Object.hasOwn(DRAWN, String(component?.type)) ? DRAWN[component.type] : undefined;
  return drawn ? drawn(component, act) : readable(component, act);
}

/**
 * What a component that is not known here has to say.
 *
 * @param {Component} component
 * @param {Act} act
 * @returns {HTMLElement}
 */
function readable(component, act) {
  const words = [component?.title, component?.label, component?.value, component?.name]
    .map(text)
    .filter(Boolean);
  return h(
    "div",
    { class: "w-other" },
    h("p", { class: "w-caption" }, text(component?.type) || "Part of a widget"),
    words.length > 0 && h("p", {}, words.join(" · ")),
    ...children(component ?? {}, act),
  );
}

/**
 * @param {Component} component
 * @param {Act} act
 * @returns {HTMLElement[]}
 */
function children(component, act) {
  const found = component.children;
  const list = Array.isArray(found) ? found : found && typeof found === "object" ? [found] : [];
  return list.filter((child) => child && typeof child === "object").map((child) => draw(child, act));
}

/**
 * @param {Component} component
 * @param {Act} act
 * @returns {HTMLElement}
 */
function button(component, act) {
  const action = component.onClickAction;
  const isSubmit = component.submit === true;
  const press = isSubmit || !action ? undefined : () => act(action);
  return h(
    "button",
    {
      type: isSubmit ? "submit" : "button",
      class: component.style === "primary" ? "small primary" : "small",
      disabled: component.disabled === true,
      onclick: press,
    },
    text(component.label) || "Go",
  );
}

/**
 * @param {Component} component
 * @param {HTMLElement} control
 * @returns {HTMLElement}
 */
function labelled(component, control) {
  const id = freshId("widget");
  control.id = id;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, text(component.label ?? component.placeholder ?? component.name)),
    control,
  );
}

/**
 * @param {Component} component
 * @returns {{value: string, label: string}[]}
 */
function options(component) {
  const list = Array.isArray(component.options) ? component.options : [];
  return list.map((option) => ({ value: text(option?.value), label: text(option?.label ?? option?.value) }));
}

/** @param {unknown} wanted */
function plainType(wanted) {
  return ["number", "email", "tel", "url", "date", "time"].includes(String(wanted)) ? wanted : "text";
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
