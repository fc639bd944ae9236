/** Files that are to go with a message: announced, sent, and taken back. */

import { h, icon, iconButton } from "../dom.js";
import { troubleOf } from "../trouble.js";

/** @import { Protocol } from "./protocol.js" */

/** As many as the server takes with one message. */
const MAX_FILES = 10;

export class Attachments {
  /** @type {Map<string, HTMLElement>} */
  #ready = new Map();
  #running = 0;

  /**
   * @param {Protocol} protocol
   * @param {(problem: string) => void} tell
   * @param {(error: unknown) => boolean} isSessionOver handles the end of the session, and says whether it was that
   */
  constructor(protocol, tell, isSessionOver) {
    this.protocol = protocol;
    this.tell = tell;
    this.isSessionOver = isSessionOver;
    this.element = h("ul", { class: "files", "aria-label": "Files of this message", hidden: true });
    this.picker = h("input", {
      type: "file",
      multiple: true,
      class: "unseen",
      tabindex: "-1",
      "aria-label": "Choose files",
      onchange: () => this.#take(),
    });
  }

  get ids() {
    return [...this.#ready.keys()];
  }

  get isBusy() {
    return this.#running > 0;
  }

  /** Opens the browser's choice of files. */
  choose() {
    this.picker.click();
  }

  /** They have gone with a message. */
  clear() {
    this.#ready.clear();
    this.element.replaceChildren();
    this.element.hidden = true;
  }

  #take() {
    const files = [...(this.picker.files ?? [])];
    this.picker.value = "";
    for (const file of files) void this.#add(file);
  }

  /** @param {File} file */
  async #add(file) {
    if (this.element.childElementCount >= MAX_FILES)
      return this.tell(`A message takes at most ${MAX_FILES} files.`);
    const state = h("span", { class: "quiet" }, "sending …");
    const entry = h("li", {}, icon("file"), h("span", {}, file.name), state);
    this.element.append(entry);
    this.element.hidden = false;
    this.#running += 1;
    try {
      const made = await this.protocol.call("attachments.create", {
        name: file.name,
        size: file.size,
        mime_type: file.type || "application/octet-stream",
      });
      if (made.upload_descriptor) await this.protocol.upload(made.upload_descriptor, file);
      this.#ready.set(made.id, entry);
      state.replaceWith(iconButton("close", `Remove ${file.name}`, { onclick: () => this.#remove(made.id) }));
    } catch (error) {
      this.#drop(entry);
      if (!this.isSessionOver(error)) this.tell(`${file.name}: ${troubleOf(error).message}`);
    } finally {
      this.#running -= 1;
    }
  }

  /** @param {string} id */
  async #remove(id) {
    const entry = this.#ready.get(id);
    this.#ready.delete(id);
    if (entry) this.#drop(entry);
    this.element.closest("form")?.querySelector("textarea")?.focus();
    try {
      await this.protocol.call("attachments.delete", { attachment_id: id });
    } catch (error) {
      // It goes with no message, which is what was wanted; the server removes it in time.
      this.isSessionOver(error);
    }
  }

  /** @param {HTMLElement} entry */
  #drop(entry) {
    entry.remove();
    this.element.hidden = this.element.childElementCount === 0;
  }
}
