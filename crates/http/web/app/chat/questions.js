/** Questions that an answer asks with a form of its own. */

import { freshId, h } from "../dom.js";

/** @import { Item } from "./timeline.js" */

/**
 * What is given back for the questions.
 *
 * @typedef {{status: "answered" | "skipped", answers?: Record<string, {values: string[]}>}} Given
 */

/**
 * @param {Item} item
 * @param {(given: Given) => void} give
 * @returns {HTMLElement}
 */
export function drawQuestions(item, give) {
  const inputs = /** @type {any[]} */ (item.inputs ?? []);
  return item.status === "pending" ? asked(inputs, give) : answered(inputs, item.status === "skipped");
}

/**
 * @param {any[]} inputs
 * @param {(given: Given) => void} give
 * @returns {HTMLElement}
 */
function asked(inputs, give) {
  const questions = inputs.map(question);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    give({
      status: "answered",
      answers: Object.fromEntries(questions.map(({ id, values }) => [id, { values: values() }])),
    });
  };
  return h(
    "form",
    { class: "questions", onsubmit: submit, "aria-label": "Questions" },
    ...questions.map(({ element }) => element),
    h(
      "div",
      { class: "row" },
      h("button", { type: "submit", class: "small primary" }, "Answer"),
      h("button", { type: "button", class: "small", onclick: () => give({ status: "skipped" }) }, "Skip"),
    ),
  );
}

/**
 * @param {any} input
 * @returns {{id: string, element: HTMLElement, values: () => string[]}}
 */
function question(input) {
  const id = String(input.id);
  const name = freshId("question");
  const text = String(input.question ?? "");
  if (input.type === "multiple_choice") {
    const type = input.multiple === true ? "checkbox" : "radio";
    const boxes = /** @type {any[]} */ (input.options ?? []).map((option) =>
      h("input", { type, name, value: String(option.value) }),
    );
    const labels = boxes.map((box) => h("label", { class: "w-check" }, box, box.value));
    const element = h("fieldset", {}, h("legend", {}, text), ...labels);
    return { id, element, values: () => boxes.filter((box) => box.checked).map((box) => box.value) };
  }
  const hint = input.description && h("p", { class: "hint", id: `${name}-hint` }, String(input.description));
  const area = h("textarea", { id: name, rows: 2, "aria-describedby": hint && `${name}-hint` });
  const element = h("div", { class: "field" }, h("label", { for: name }, text), area, hint);
  return { id, element, values: () => (area.value.trim() === "" ? [] : [area.value.trim()]) };
}

/**
 * @param {any[]} inputs
 * @param {boolean} isSkipped
 * @returns {HTMLElement}
 */
function answered(inputs, isSkipped) {
  const values = (/** @type {any} */ input) => /** @type {string[]} */ (input.answer?.values ?? []);
  const pairs = inputs.flatMap((input) => [
    h("dt", {}, String(input.question ?? "")),
    h("dd", {}, values(input).join(", ") || "Skipped"),
  ]);
  return h(
    "div",
    { class: "questions" },
    isSkipped && h("p", { class: "quiet" }, "You skipped these questions."),
    h("dl", {}, ...pairs),
  );
}
