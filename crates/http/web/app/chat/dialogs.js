/** Questions that want an answer before anything else. The browser's own dialog: Escape says no. */

import { freshId, h } from "../dom.js";

/**
 * Asks, and gives what was typed, or an empty text where nothing is to be typed; null for a no.
 *
 * @param {{title: string, text?: string, yes: string, isDangerous?: boolean, input?: {label: string, value: string, maxlength: number}}} question
 * @returns {Promise<string | null>}
 */
export function ask({ title, text, yes, isDangerous = false, input }) {
  const heading = freshId("dialog");
  const id = freshId("dialog-input");
  const field =
    input &&
    h("input", { id, value: input.value, maxlength: input.maxlength, required: true, autocomplete: "off" });
  const dialog = h(
    "dialog",
    { "aria-labelledby": heading },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: heading }, title),
      text && h("p", {}, text),
      field && h("div", { class: "field" }, h("label", { for: id }, input.label), field),
      h(
        "div",
        { class: "row end" },
        h("button", { type: "submit", value: "no", formnovalidate: true }, "Cancel"),
        h("button", { type: "submit", value: "yes", class: isDangerous ? "danger filled" : "primary" }, yes),
      ),
    ),
  );
  // Enter in the field means yes, although the no comes first.
  field?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (field.reportValidity()) dialog.close("yes");
  });
  document.body.append(dialog);
  dialog.showModal();
  field?.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? (field?.value ?? "") : null);
    });
  });
}
