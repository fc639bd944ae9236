/** The list of one's conversations: choosing, renaming and deleting them. */

import { h, iconButton } from "../dom.js";
import { alert, announce } from "../notices.js";
import { troubleOf } from "../trouble.js";
import { ask } from "./dialogs.js";

/** @import { Protocol } from "./protocol.js" */
/** @import { Thread } from "./conversation.js" */

const PAGE = 20;
const MAX_TITLE = 200;

export class Threads {
  /** The newest first. @type {Thread[]} */
  #threads = [];
  #selected = "";

  /**
   * @param {Protocol} protocol
   * @param {{isSessionOver: (error: unknown) => boolean, renamed: (thread: Thread) => void, deleted: (id: string) => void}} does
   */
  constructor(protocol, does) {
    this.protocol = protocol;
    this.does = does;
    this.list = h("ul", { class: "threads" });
    this.state = h("p", { class: "quiet pad", role: "status" }, "Loading …");
    this.more = h(
      "button",
      { type: "button", class: "link", hidden: true, onclick: () => void this.load() },
      "Show more",
    );
    this.element = h("div", { class: "threads-scroll" }, this.list, this.state, this.more);
  }

  /** Loads the first page, or the next. */
  async load() {
    const after = this.#threads.at(-1)?.id;
    try {
      const page = await this.protocol.call("threads.list", {
        limit: PAGE,
        order: "desc",
        ...(after && { after }),
      });
      const known = new Set(this.#threads.map(({ id }) => id));
      const found = /** @type {Thread[]} */ (page.data).filter(({ id }) => !known.has(id));
      this.#threads.push(...found);
      this.#draw();
      this.more.hidden = !page.has_more;
      // What was pressed may be gone; go on with the first of what came.
      if (after && found[0]) this.#link(found[0].id)?.focus();
    } catch (error) {
      if (this.does.isSessionOver(error)) return;
      this.state.textContent = `Your conversations could not be loaded. ${troubleOf(error).message}`;
      this.state.hidden = false;
      this.more.textContent = "Try again";
      this.more.hidden = false;
      return;
    }
    this.more.textContent = "Show more";
  }

  /** @param {Thread} thread that is new */
  add(thread) {
    this.#threads.unshift(thread);
    this.#draw();
  }

  /** @param {Thread} thread that may have changed; one that is not listed yet comes with its page */
  put(thread) {
    const at = this.#threads.findIndex(({ id }) => id === thread.id);
    const known = this.#threads[at];
    if (!known || (known.title === thread.title && known.status?.type === thread.status?.type)) return;
    this.#threads[at] = thread;
    this.#draw();
  }

  /** @param {string} id of the one that is shown; an empty text for a new one */
  select(id) {
    this.#selected = id;
    for (const entry of this.list.children) mark(entry, entry.getAttribute("data-id") === id);
  }

  #draw() {
    const focused = document.activeElement?.closest("li")?.getAttribute("data-id");
    const hadFocus = this.list.contains(document.activeElement);
    this.list.replaceChildren(...this.#threads.map((thread) => this.#entry(thread)));
    this.state.hidden = this.#threads.length > 0;
    this.state.textContent = "No conversations yet.";
    if (hadFocus && focused) this.#link(focused)?.focus();
  }

  /** @param {Thread} thread */
  #entry(thread) {
    const title = titleOf(thread);
    const isClosed = (thread.status?.type ?? "active") !== "active";
    const entry = h(
      "li",
      { "data-id": thread.id },
      h(
        "a",
        { href: `#/chat/${thread.id}` },
        title,
        isClosed && h("span", { class: "badge" }, thread.status?.type),
      ),
      iconButton("pencil", `Rename “${title}”`, { onclick: () => void this.#rename(thread) }),
      iconButton("trash", `Delete “${title}”`, { onclick: () => void this.#delete(thread) }),
    );
    mark(entry, thread.id === this.#selected);
    return entry;
  }

  /** @param {string} id */
  #link(id) {
    const entry = [...this.list.children].find((element) => element.getAttribute("data-id") === id);
    return /** @type {HTMLElement | null | undefined} */ (entry?.querySelector("a"));
  }

  /** @param {Thread} thread */
  async #rename(thread) {
    const title = await ask({
      title: "Rename conversation",
      yes: "Rename",
      input: { label: "Title", value: thread.title ?? "", maxlength: MAX_TITLE },
    });
    if (title === null) return;
    try {
      const renamed = await this.protocol.call("threads.update", { thread_id: thread.id, title });
      this.put(renamed);
      this.does.renamed(renamed);
      announce("Renamed.");
    } catch (error) {
      this.#tell(error);
    }
  }

  /** @param {Thread} thread */
  async #delete(thread) {
    const yes = await ask({
      title: "Delete conversation?",
      text: `“${titleOf(thread)}” and all its messages and files are removed for good.`,
      yes: "Delete",
      isDangerous: true,
    });
    if (yes === null) return;
    try {
      await this.protocol.call("threads.delete", { thread_id: thread.id });
    } catch (error) {
      if (troubleOf(error).status !== 404) return this.#tell(error);
    }
    const at = this.#threads.findIndex(({ id }) => id === thread.id);
    this.#threads.splice(at, 1);
    this.#draw();
    announce("Deleted.");
    const next = this.#threads[at] ?? this.#threads[at - 1];
    if (next) this.#link(next.id)?.focus();
    this.does.deleted(thread.id);
  }

  /** @param {unknown} error */
  #tell(error) {
    if (!this.does.isSessionOver(error)) alert(troubleOf(error).message, { key: "threads" });
  }
}

/**
 * @param {Thread} thread
 * @returns {string}
 */
export function titleOf(thread) {
  return thread.title || "Untitled conversation";
}

/**
 * @param {Element} entry
 * @param {boolean} isSelected
 */
function mark(entry, isSelected) {
  entry.classList.toggle("selected", isSelected);
  if (isSelected) entry.querySelector("a")?.setAttribute("aria-current", "page");
  else entry.querySelector("a")?.removeAttribute("aria-current");
}
