/** What is seen of a conversation: its items, and below them how the answer stands. */

import { h } from "../dom.js";
import { drawItem } from "./items.js";
import { markdown } from "./markdown.js";

/** @import { Item } from "./timeline.js" */
/** @import { ItemActions } from "./items.js" */

/** How near its end, in pixels, the list follows what comes. */
const FOLLOWS_WITHIN = 80;

export class Transcript {
  /** @type {Map<string, {json: string, element: HTMLElement | null}>} */
  #drawn = new Map();
  /** @type {Map<string, Item>} */
  #waiting = new Map();
  #frame = 0;

  /**
   * @param {ItemActions} actions
   * @param {() => void} loadOlder
   */
  constructor(actions, loadOlder) {
    this.actions = actions;
    this.older = h(
      "button",
      { type: "button", class: "link older", hidden: true, onclick: loadOlder },
      "Show older messages",
    );
    this.list = h("ol", { class: "items" });
    this.progressLine = h("p", { class: "progress quiet", hidden: true });
    this.foot = h("div", { class: "foot" });
    this.empty = h(
      "div",
      { class: "empty" },
      h("p", { class: "empty-title" }, "What is on your mind?"),
      h("p", { class: "quiet" }, "Write a message below. Conversations are kept, and are yours alone."),
    );
    const inner = h(
      "div",
      { class: "column" },
      this.older,
      this.empty,
      this.list,
      this.progressLine,
      this.foot,
    );
    this.element = h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Messages" },
      inner,
    );
  }

  /**
   * Shows these items, and leaves those alone that are shown already.
   *
   * @param {Item[]} items
   * @param {boolean} hasOlder
   */
  show(items, hasOlder) {
    this.#waiting.clear();
    const ids = new Set(items.map(({ id }) => id));
    for (const id of this.#drawn.keys()) if (!ids.has(id)) this.remove(id);
    this.#following(() => {
      for (const item of items) this.#draw(item);
      const wanted = items.flatMap(({ id }) => this.#drawn.get(id)?.element ?? []);
      const isInOrder =
        wanted.length === this.list.children.length &&
        wanted.every((element, at) => element === this.list.children[at]);
      if (!isInOrder) this.list.replaceChildren(...wanted);
    });
    this.older.hidden = !hasOlder;
    this.#showEmpty();
  }

  /**
   * Older items come on top; what is looked at stays where it is.
   *
   * @param {Item[]} items all of them
   * @param {boolean} hasOlder
   */
  showOlder(items, hasOlder) {
    const fromEnd = this.element.scrollHeight - this.element.scrollTop;
    this.show(items, hasOlder);
    this.element.scrollTop = this.element.scrollHeight - fromEnd;
  }

  /** @param {Item} item that is to be drawn with the next frame */
  put(item) {
    this.#waiting.set(item.id, item);
    this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  /** Draws what waits for the next frame. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#waiting.size === 0) return;
    const items = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#following(() => items.forEach((item) => this.#draw(item)));
    this.#showEmpty();
  }

  /** @param {string} id */
  remove(id) {
    this.#waiting.delete(id);
    this.#drawn.get(id)?.element?.remove();
    this.#drawn.delete(id);
  }

  /** @param {string} text what goes on now; an empty one for nothing */
  progress(text) {
    this.#following(() => {
      this.progressLine.textContent = text;
      this.progressLine.hidden = text === "";
    });
  }

  /** Takes away what stands below the items. */
  clearFoot() {
    this.foot.replaceChildren();
    this.progress("");
  }

  /**
   * Says what went wrong.
   *
   * @param {string} text
   * @param {{label: string, act: () => void}} [action]
   */
  fault(text, action) {
    const button =
      action && h("button", { type: "button", class: "small", onclick: action.act }, action.label);
    this.#below(h("div", { class: "alert danger", role: "alert" }, h("p", {}, text), button));
  }

  /**
   * Says how things stand.
   *
   * @param {string} text
   * @param {{label: string, act: () => void}} [action]
   */
  note(text, action) {
    const button =
      action && h("button", { type: "button", class: "small", onclick: action.act }, action.label);
    this.#below(h("div", { class: "alert info", role: "status" }, h("p", {}, text), button));
  }

  /**
   * What the server wants to be noticed.
   *
   * @param {"info" | "warning" | "danger"} level
   * @param {string} title
   * @param {string} text
   */
  notice(level, title, text) {
    this.#below(
      h(
        "div",
        { class: `alert ${level}`, role: "status" },
        h("div", {}, title && h("strong", {}, title), markdown(text)),
      ),
    );
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** @param {HTMLElement} element */
  #below(element) {
    this.foot.append(element);
    this.toEnd();
  }

  /** @param {Item} item */
  #draw(item) {
    const json = JSON.stringify(item);
    const known = this.#drawn.get(item.id);
    if (known?.json === json) return;
    const element = drawItem(item, this.actions);
    this.#drawn.set(item.id, { json, element });
    if (!element) known?.element?.remove();
    else if (known?.element?.isConnected) replace(known.element, element);
    else this.list.append(element);
  }

  #showEmpty() {
    this.empty.hidden = this.list.childElementCount > 0;
  }

  /** @param {() => void} change after which the end is shown, if it was before */
  #following(change) {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < FOLLOWS_WITHIN;
    change();
    if (isAtEnd) this.toEnd();
  }
}

/**
 * Puts an element in the place of another; what has the focus or is open in it stays so.
 *
 * @param {HTMLElement} old
 * @param {HTMLElement} made
 */
function replace(old, made) {
  const reachable = "button, input, textarea, select, a, summary";
  const at = [...old.querySelectorAll(reachable)].indexOf(/** @type {Element} */ (document.activeElement));
  const isOpen = old.querySelector("details")?.open;
  old.replaceWith(made);
  const details = made.querySelector("details");
  if (details && isOpen !== undefined) details.open = isOpen;
  if (at >= 0) /** @type {HTMLElement | undefined} */ ([...made.querySelectorAll(reachable)][at])?.focus();
}
