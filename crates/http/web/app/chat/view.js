/** The view of the chat: the ChatKit component where it can be had, and the page's own chat otherwise. */

import { h } from "../dom.js";
import { alert, announce } from "../notices.js";
import { troubleOf } from "../trouble.js";
import { mountOfficial } from "./official.js";
import { OwnChat } from "./own.js";

/** @import { Shell } from "../shell.js" */

/**
 * The chat of whoever is signed in. It lives until they are not.
 *
 * @param {Shell} shell
 * @param {Map<string, string>} drafts unsent texts by thread
 */
export function createChat(shell, drafts) {
  const { api } = shell.client.chatkitOptions();
  const element = h("div", { class: "chat" });
  const closed = new AbortController();
  /** @type {OwnChat | null} */
  let own = null;
  /** @type {string | null} */
  let thread = null;
  let isBegun = false;

  async function showOfficial() {
    thread = own?.thread ?? thread;
    own?.close();
    own = null;
    const given = new AbortController();
    const useOwn = h(
      "button",
      { type: "button", class: "link", onclick: () => (given.abort(), showOwn(null)) },
      "Use the simple chat",
    );
    const state = h("p", { class: "quiet", role: "status" }, "Loading the chat …");
    const place = h("div", { class: "official" }, h("div", { class: "strip" }, state, useOwn));
    element.replaceChildren(place);
    let isHosted = false;
    const giveUp = (/** @type {string} */ why) => (isHosted ? showNone(why) : showOwn(why));
    try {
      const mounted = await mounting();
      isHosted = mounted.mode === "hosted";
      // The other side speaks to the component alone.
      if (isHosted) useOwn.remove();
      await mountOfficial(place, shell.client.chatkitOptions(mounted), {
        thread,
        changed: (id) => {
          thread = id;
          history.replaceState(null, "", address(id));
        },
        failed: (why, isUsed) => {
          // As when the vendor does not know the page's domain: nothing is lost by changing over.
          if (!isUsed) return giveUp(why);
          const action = isHosted
            ? { label: "Try again", act: () => void showOfficial() }
            : { label: "Use the simple chat", act: () => showOwn(null) };
          alert(`ChatKit has a problem: ${why}`, { level: "warning", key: "chatkit", action });
        },
        signal: AbortSignal.any([given.signal, closed.signal]),
      });
      state.textContent = "";
      announce("The chat is ready.");
    } catch (error) {
      // Somebody may have chosen meanwhile.
      if (given.signal.aborted || closed.signal.aborted) return;
      giveUp(error instanceof Error ? error.message : "it failed");
    }
  }

  /**
   * How the server wants the component to be mounted.
   *
   * @returns {Promise<{mode: "self-hosted" | "hosted", domainKey: string}>}
   */
  async function mounting() {
    const response = await shell.client.fetch("/api/chatkit/options");
    if (!response.ok) throw new Error("the server does not say how to mount it");
    const { mode, domain_key: domainKey = "" } = await response.json();
    return { mode, domainKey };
  }

  /** @param {string} why the component is not there, without which there is no chat in hosted mode */
  function showNone(why) {
    const again = h("button", { type: "button", onclick: () => void showOfficial() }, "Try again");
    const said = `The chat runs on ChatKit's hosted side, and its component is not there: ${why}.`;
    element.replaceChildren(h("div", { class: "pane" }, h("p", { role: "status" }, said), again));
  }

  /** @param {string | null} why the component is not there; null when this was chosen */
  function showOwn(why) {
    const said = why ? `The ChatKit component is not there: ${why}.` : "This is the simple chat.";
    const again = h(
      "button",
      { type: "button", class: "link", onclick: () => void showOfficial() },
      why ? "Try ChatKit again" : "Use ChatKit",
    );
    const aside = h("div", { class: "aside quiet" }, h("span", {}, said), " ", again);
    own = new OwnChat(api, { isSessionOver: shell.isSessionOver, doubt: shell.doubt, drafts, aside });
    element.replaceChildren(own.element);
    own.open(thread);
  }

  return {
    title: "Chat",
    element,

    /** @param {string | null} id of a thread */
    open(id) {
      const hasChanged = id !== thread;
      thread = id;
      if (!isBegun) {
        isBegun = true;
        void showOfficial();
      } else if (own) {
        own.open(id);
      } else if (hasChanged) {
        const mounted = /** @type {{setThreadId?: (id: string | null) => Promise<void>} | null} */ (
          element.querySelector("openai-chatkit")
        );
        mounted?.setThreadId?.(id)?.catch((error) => alert(troubleOf(error).message, { key: "chatkit" }));
      }
    },

    focus: () => own?.focus(),

    /** Of the conversation that is shown. */
    address: () => address((own ? own.thread : thread) ?? null),

    refresh: () => own?.refresh(),

    /** What was written and not sent, by thread. */
    drafts() {
      own?.close();
      return drafts;
    },

    close() {
      closed.abort();
      own?.close();
      own = null;
      element.remove();
    },
  };
}

/** @param {string | null} thread */
function address(thread) {
  return thread ? `#/chat/${thread}` : "#/chat";
}
