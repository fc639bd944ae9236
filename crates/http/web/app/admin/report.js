/** A view of the report of some days, which are chosen in it. */

import { freshId, h } from "../dom.js";
import { readReport } from "./api.js";

/** @import { View } from "../shell.js" */
/** @import { Report } from "./api.js" */
/** @import { Desk } from "./desk.js" */

/** What may be chosen, and what is at first. */
const SPANS = [7, 30, 90, 365];
const FIRST_SPAN = 30;

/**
 * @param {Desk} desk
 * @param {string} title
 * @param {(report: Report) => HTMLElement[]} draw nothing where nothing happened
 * @returns {View}
 */
export function reportView(desk, title, draw) {
  const heading = h("h1", { tabindex: "-1" }, title);
  const id = freshId("span");
  const span = h(
    "select",
    { id, onchange: () => void load() },
    ...SPANS.map((days) => h("option", { value: days, selected: days === FIRST_SPAN }, `${days} days`)),
  );
  const body = h("div", { class: "report", "aria-busy": "true" });
  let turn = 0;

  async function load() {
    const mine = ++turn;
    body.setAttribute("aria-busy", "true");
    try {
      const report = await readReport(Number(span.value));
      if (mine !== turn) return;
      desk.letIn();
      const parts = draw(report);
      const nothing = h("p", { class: "quiet" }, "Nothing happened on these days.");
      body.replaceChildren(...(parts.length > 0 ? parts : [nothing]));
    } catch (error) {
      if (mine === turn) desk.tell(error, load);
    } finally {
      if (mine === turn) body.setAttribute("aria-busy", "false");
    }
  }

  void load();
  const element = h(
    "div",
    { class: "page" },
    heading,
    h("div", { class: "field span" }, h("label", { for: id }, "The last"), span),
    h("p", { class: "quiet" }, "Days are those of UTC."),
    body,
  );
  return { title, element, focus: () => heading.focus() };
}
