/** The view of one's sessions: where one is signed in, and ending that. */

import { h, shown } from "./dom.js";
import { alert, announce } from "./notices.js";
import { troubleOf } from "./trouble.js";

/** @import { Shell, View } from "./shell.js" */

/** @typedef {Awaited<ReturnType<Shell["client"]["sessions"]>>[number]} Session */

/**
 * @param {Shell} shell
 * @returns {View}
 */
export function sessions(shell) {
  const heading = h("h1", { tabindex: "-1" }, "Your sessions");
  const list = h("ul", { class: "sessions", "aria-busy": "true" });
  const endOthers = h(
    "button",
    { type: "button", class: "danger", onclick: () => end(() => shell.client.endOtherSessions()) },
    "End all others",
  );
  const signOut = h("button", { type: "button", onclick: () => shell.signOut(false) }, "Sign out here");
  const signOutAll = h(
    "button",
    { type: "button", class: "danger", onclick: () => shell.signOut(true) },
    "Sign out everywhere",
  );

  async function load() {
    try {
      const found = await shell.client.sessions();
      list.replaceChildren(
        ...found.map((session) => entry(session, () => end(() => shell.client.endSession(session.id)))),
      );
      endOthers.hidden = found.length < 2;
    } catch (error) {
      tell(error);
    } finally {
      list.setAttribute("aria-busy", "false");
    }
  }

  /** @param {() => Promise<unknown>} work */
  async function end(work) {
    try {
      await work();
    } catch (error) {
      // One that has ended meanwhile is what was wanted.
      if (troubleOf(error).status !== 404) return tell(error);
    }
    await load();
    // The button that was pressed is gone.
    heading.focus();
    announce("The session has ended.");
  }

  /** @param {unknown} error */
  function tell(error) {
    if (shell.isSessionOver(error)) return;
    alert(troubleOf(error).message, { key: "sessions", action: { label: "Try again", act: load } });
  }

  void load();
  const element = h(
    "div",
    { class: "page" },
    heading,
    h(
      "p",
      { class: "quiet" },
      "Each sign-in is a session of its own. End those that you do not know or no longer need.",
    ),
    list,
    h("div", { class: "row" }, endOthers, signOut, signOutAll),
  );
  return { title: "Your sessions", element, focus: () => heading.focus() };
}

/**
 * A session in a list, and the way to end it, unless it is the one that shows the list.
 *
 * @param {Session} session
 * @param {() => void} end
 * @returns {HTMLElement}
 */
export function entry(session, end) {
  const name = deviceName(session.device ?? "");
  return h(
    "li",
    { class: session.current ? "session current" : "session" },
    h(
      "div",
      {},
      h("strong", { title: session.device }, name),
      session.current && h("span", { class: "badge" }, "This browser"),
      h(
        "p",
        { class: "quiet" },
        `${session.address} · signed in ${shown(session.created_at)} · last used ${shown(session.last_used_at)}`,
      ),
    ),
    !session.current &&
      h(
        "button",
        {
          type: "button",
          class: "small",
          "aria-label": `End the session of ${name}, last used ${shown(session.last_used_at)}`,
          onclick: end,
        },
        "End",
      ),
  );
}

/**
 * What people call the device that says this of itself.
 *
 * @param {string} agent
 * @returns {string}
 */
function deviceName(agent) {
  /** @type {[RegExp, string][]} */
  const browsers = [
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\//, "Firefox"],
    [/Chrom(e|ium)\//, "Chrome"],
    [/Safari\//, "Safari"],
  ];
  /** @type {[RegExp, string][]} */
  const systems = [
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/Linux/, "Linux"],
  ];
  const browser = browsers.find(([pattern]) => pattern.test(agent))?.[1];
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  return agent || "Unknown device";
}
