/** The page's own chat: the list of conversations, and the one that is shown. */

import { h, icon, iconButton } from "../dom.js";
import { Conversation } from "./conversation.js";
import { createProtocol } from "./protocol.js";
import { Threads, titleOf } from "./threads.js";

/** @import { Api } from "./protocol.js" */
/** @import { Thread, Surroundings } from "./conversation.js" */

/** Where the draft of a conversation is kept that has not begun. */
const NEW = "";

export class OwnChat {
  /** Those that are shown or have an answer coming in, by their thread. @type {Map<string, Conversation>} */
  #conversations = new Map();
  /** @type {Conversation | null} */
  #shown = null;

  /**
   * @param {Api} api
   * @param {{isSessionOver: (error: unknown) => boolean, doubt: () => void, drafts: Map<string, string>, aside: HTMLElement}} place
   */
  constructor(api, { isSessionOver, doubt, drafts, aside }) {
    this.drafts = drafts;
    const protocol = createProtocol(api);
    /** @type {Surroundings} */
    this.surroundings = {
      protocol,
      isSessionOver,
      doubt,
      started: (conversation) => this.#started(conversation),
      changed: (thread) => this.#changed(thread),
    };
    this.threads = new Threads(protocol, {
      isSessionOver,
      renamed: (thread) => this.#conversations.get(thread.id)?.update(thread),
      deleted: (id) => this.#deleted(id),
    });
    const begin = h(
      "a",
      { href: "#/chat", class: "button new", onclick: () => this.#begin() },
      icon("plus"),
      "New conversation",
    );
    this.side = h(
      "nav",
      { class: "side", "aria-label": "Conversations", id: "conversations" },
      begin,
      this.threads.element,
      aside,
    );
    this.toggle = iconButton("list", "Conversations", {
      class: "icon-button side-toggle",
      "aria-expanded": "false",
      "aria-controls": "conversations",
      onclick: () => this.#openSide(true),
    });
    this.heading = h("h1", { tabindex: "-1" }, "New conversation");
    this.pane = h("div", { class: "pane" }, h("div", { class: "pane-head" }, this.toggle, this.heading));
    this.element = h("div", { class: "own-chat" }, this.side, this.pane);
    this.side.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isSideOpen) this.#openSide(false);
    });
    this.side.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("a")) this.#openSide(false);
    });
    void this.threads.load();
  }

  /** @param {string | null} id of a thread; none for a new one */
  open(id) {
    const key = id ?? NEW;
    if (this.#shown && this.#keyOf(this.#shown) === key) return;
    this.#putAway();
    const known = this.#conversations.get(key);
    const conversation = known ?? new Conversation(this.surroundings, this.drafts.get(key) ?? "");
    this.#conversations.set(key, conversation);
    this.#shown = conversation;
    this.pane.append(conversation.element);
    this.threads.select(key);
    this.#showTitle();
    if (known) void conversation.refresh();
    else if (id) void conversation.open(id);
    this.focus();
  }

  /** Takes what has come since, from other tabs too. */
  refresh() {
    void this.#shown?.refresh();
  }

  /** The id of the thread that is shown. */
  get thread() {
    return this.#shown?.thread?.id ?? null;
  }

  focus() {
    // On a touch screen the focus would bring the keyboard up over what is to be read.
    if (matchMedia("(pointer: coarse)").matches) this.heading.focus();
    else this.#shown?.composer.focus();
  }

  close() {
    this.#keepDrafts();
    for (const conversation of this.#conversations.values()) conversation.close();
    this.#conversations.clear();
    this.#shown = null;
    this.element.remove();
  }

  #keepDrafts() {
    for (const [key, { composer }] of this.#conversations) {
      if (composer.text.trim()) this.drafts.set(key, composer.text);
      else this.drafts.delete(key);
    }
  }

  /** Keeps what is written in the conversation that is left, and it itself while an answer comes in. */
  #putAway() {
    const left = this.#shown;
    if (!left) return;
    this.#keepDrafts();
    left.element.remove();
    if (!left.isRunning) {
      left.close();
      this.#conversations.delete(this.#keyOf(left));
    }
  }

  /** The link leads to where we are already, when nothing was said yet. */
  #begin() {
    if (location.hash === "#/chat") this.focus();
  }

  /** @param {Conversation} conversation */
  #started(conversation) {
    const thread = /** @type {Thread} */ (conversation.thread);
    this.#conversations.delete(NEW);
    this.#conversations.set(thread.id, conversation);
    this.threads.add(thread);
    if (this.#shown !== conversation) return;
    // No event comes of this: the view stays as it is.
    history.replaceState(null, "", `#/chat/${thread.id}`);
    this.threads.select(thread.id);
    this.#showTitle();
  }

  /** @param {Thread} thread */
  #changed(thread) {
    this.threads.put(thread);
    if (this.#shown?.thread?.id === thread.id) this.#showTitle();
  }

  /** @param {string} id */
  #deleted(id) {
    this.#conversations.get(id)?.close();
    this.#conversations.delete(id);
    this.drafts.delete(id);
    if (this.#shown?.thread?.id !== id) return;
    this.#shown.element.remove();
    this.#shown = null;
    location.hash = "#/chat";
  }

  #showTitle() {
    const thread = this.#shown?.thread;
    this.heading.textContent = thread ? titleOf(thread) : "New conversation";
  }

  get #isSideOpen() {
    return this.element.classList.contains("side-open");
  }

  /** On a narrow screen the list lies over the conversation. @param {boolean} isOpen */
  #openSide(isOpen) {
    const wasOpen = this.#isSideOpen;
    this.element.classList.toggle("side-open", isOpen);
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    this.pane.inert = isOpen;
    if (isOpen) this.side.querySelector("a")?.focus();
    else if (wasOpen) this.toggle.focus();
  }

  /** @param {Conversation} conversation */
  #keyOf(conversation) {
    return conversation.thread?.id ?? NEW;
  }
}
