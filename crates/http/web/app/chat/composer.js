/** Where messages are written. What was typed stays until the server has it. */

import { freshId, h, icon, iconButton } from "../dom.js";
import { Attachments } from "./attachments.js";

/** @import { Protocol } from "./protocol.js" */

/** What the composer is in. @typedef {"ready" | "answering" | "closed"} Mode */

export class Composer {
  /** @type {Mode} */
  mode = "ready";

  /**
   * @param {Protocol} protocol
   * @param {{send: () => void, stop: () => void, tell: (problem: string) => void, isSessionOver: (error: unknown) => boolean}} does
   */
  constructor(protocol, does) {
    this.does = does;
    const id = freshId("message");
    this.area = h("textarea", {
      id,
      rows: "1",
      placeholder: "Write a message",
      autocomplete: "off",
      "aria-describedby": `${id}-hint`,
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    });
    this.files = new Attachments(protocol, does.tell, does.isSessionOver);
    this.attach = iconButton("clip", "Attach files", { onclick: () => this.files.choose() });
    this.submit = h("button", { type: "submit", class: "send", "aria-label": "Send" }, icon("send"));
    this.hint = h("p", { class: "hint", id: `${id}-hint` }, "Enter sends, Shift and Enter begin a new line.");
    this.element = h(
      "form",
      {
        class: "composer",
        "aria-label": "New message",
        onsubmit: (/** @type {SubmitEvent} */ event) => this.#submit(event),
      },
      this.files.element,
      h(
        "div",
        { class: "composer-row" },
        this.attach,
        this.files.picker,
        h("label", { for: id, class: "unseen" }, "Message"),
        this.area,
        this.submit,
      ),
      this.hint,
    );
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
  }

  /** The server has the message. */
  clear() {
    this.area.value = "";
    this.files.clear();
  }

  focus() {
    if (this.mode !== "closed") this.area.focus();
  }

  /**
   * @param {Mode} mode
   * @param {string} [reason] why it is closed
   */
  set(mode, reason = "") {
    this.mode = mode;
    const isAnswering = mode === "answering";
    this.submit.setAttribute("aria-label", isAnswering ? "Stop" : "Send");
    this.submit.replaceChildren(icon(isAnswering ? "stop" : "send"));
    this.submit.classList.toggle("stop", isAnswering);
    this.area.disabled = mode === "closed";
    this.attach.disabled = mode === "closed";
    this.submit.disabled = mode === "closed";
    this.hint.textContent = mode === "closed" ? reason : "Enter sends, Shift and Enter begin a new line.";
    this.element.classList.toggle("closed", mode === "closed");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While characters are composed, Enter chooses among them.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (this.mode === "ready") this.#send();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    if (this.mode === "answering") this.does.stop();
    else if (this.mode === "ready") this.#send();
  }

  #send() {
    if (this.files.isBusy)
      return this.does.tell("A file is still being sent. Send the message when it has arrived.");
    if (this.text.trim() === "" && this.files.ids.length === 0) return this.focus();
    this.does.send();
  }
}
