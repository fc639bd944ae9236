/** The view of one account, with its sessions. */

import { ask } from "../chat/dialogs.js";
import { h, shown } from "../dom.js";
import { announce } from "../notices.js";
import { entry } from "../sessions.js";
import { troubleOf } from "../trouble.js";
import { endSession, endSessions, readSessions, readUser, setActive } from "./api.js";
import { badges, nameOf } from "./users.js";

/** @import { View } from "../shell.js" */
/** @import { Account } from "./api.js" */
/** @import { Desk } from "./desk.js" */

/**
 * @param {Desk} desk
 * @param {string} id
 * @returns {View}
 */
export function user(desk, id) {
  const heading = h("h1", { tabindex: "-1" }, "User");
  const marks = h("p", { class: "row", hidden: true });
  const facts = h("dl", { class: "facts" });
  const toggle = h("button", { type: "button", hidden: true, onclick: change }, "");
  const endAll = h(
    "button",
    { type: "button", class: "danger", hidden: true, onclick: endThemAll },
    "End all sessions",
  );
  const list = h("ul", { class: "sessions", "aria-label": "Sessions", "aria-busy": "true" });
  const none = h("p", { class: "quiet", hidden: true }, "Nobody is signed in to this account.");
  /** @type {Account | null} */
  let account = null;

  /** @param {Account} found */
  function showAccount(found) {
    account = found;
    heading.textContent = found.email;
    marks.replaceChildren(...badges(found));
    marks.hidden = marks.children.length === 0;
    toggle.hidden = false;
    toggle.textContent = found.is_active ? "Disable this account" : "Enable this account";
    toggle.className = found.is_active ? "danger" : "";
    facts.replaceChildren(
      ...[
        ["Name", nameOf(found)],
        ["Company", found.company_name || "none"],
        ["Role", found.role],
        ["Address verified", found.email_verified ? "yes" : "no"],
        ["Made", shown(found.created_at)],
        ["Last signed in", found.last_login_at ? shown(found.last_login_at) : "never"],
        ["Id", found.id],
      ].flatMap(([name = "", value = ""]) => [h("dt", {}, name), h("dd", {}, value)]),
    );
  }

  async function loadSessions() {
    const { sessions } = await readSessions(id);
    list.replaceChildren(...sessions.map((session) => entry(session, () => end(session.id))));
    list.hidden = sessions.length === 0;
    none.hidden = sessions.length > 0;
    endAll.hidden = sessions.length === 0;
    list.setAttribute("aria-busy", "false");
  }

  async function load() {
    try {
      const found = await readUser(id);
      desk.letIn();
      showAccount(found);
      await loadSessions();
    } catch (error) {
      desk.tell(error, load);
    }
  }

  /**
   * @param {() => Promise<void>} work
   * @param {string} words of what was done
   */
  async function act(work, words) {
    try {
      await work();
      await loadSessions();
      // The button that was pressed may be gone.
      heading.focus();
      announce(words);
    } catch (error) {
      desk.tell(error);
    }
  }

  async function change() {
    if (!account) return;
    const isActive = !account.is_active;
    if (!isActive) {
      const answer = await ask({
        title: "Disable this account?",
        text: `${account.email} is signed out everywhere and cannot sign in until the account is enabled again.`,
        yes: "Disable",
        isDangerous: true,
      });
      if (answer === null) return;
    }
    await act(
      async () => showAccount(await setActive(id, isActive)),
      isActive ? "The account is enabled." : "The account is disabled.",
    );
  }

  async function endThemAll() {
    const answer = await ask({
      title: "End all sessions?",
      text: "Whoever is signed in to this account is signed out everywhere.",
      yes: "End all",
      isDangerous: true,
    });
    if (answer !== null) await act(() => endSessions(id), "All sessions have ended.");
  }

  /** @param {string} session */
  async function end(session) {
    await act(async () => {
      try {
        await endSession(id, session);
      } catch (error) {
        // One that has ended meanwhile is what was wanted.
        if (troubleOf(error).code !== "session_not_found") throw error;
      }
    }, "The session has ended.");
  }

  void load();
  const element = h(
    "div",
    { class: "page" },
    h("p", {}, h("a", { href: "#/users" }, "All users")),
    heading,
    marks,
    facts,
    h("div", { class: "row" }, toggle, h("a", { href: `#/audit/${id}` }, "What happened to it")),
    h("h2", {}, "Sessions"),
    list,
    none,
    h("div", { class: "row" }, endAll),
  );
  return { title: "User", element, focus: () => heading.focus() };
}
