/** The page: who is signed in, which view is shown, and what holds in all of them. */

import { createAutorisen } from "../autorisen.js";
import { register, signIn } from "./account.js";
import { createChat } from "./chat/view.js";
import { byId, h } from "./dom.js";
import { alert, announce, dismiss } from "./notices.js";
import { sessions } from "./sessions.js";
import { troubleOf } from "./trouble.js";

/** @import { Change, User } from "../autorisen.js" */
/** @import { Shell, View } from "./shell.js" */

/** How often, at most, it is asked who is signed in when the page is looked at again. */
const LOOK_EVERY_MS = 15_000;

const client = createAutorisen();

/** @type {User | null} */
let user = null;
/** @type {ReturnType<typeof createChat> | null} */
let chat = null;
/** What was under way when a session ended: for the same user alone. @type {{user: string, hash: string, drafts: Map<string, string>} | null} */
let kept = null;
/** What somebody wanted to see before they were asked to sign in. */
let target = "";
let lastLook = 0;
/** Whether the session ends because it was wanted here. */
let isLeaving = false;
/** The view that is shown, by its name. @type {string | null} */
let current = null;

/** @type {Shell} */
const shell = { client, signOut, isSessionOver, doubt: () => void look() };

/** @param {string} hash */
function go(hash) {
  if (location.hash === hash) route();
  else location.hash = hash;
}

/** @param {User} who */
function entered(who) {
  if (user?.id === who.id) return;
  const mine = kept?.user === who.id ? kept : null;
  const hash = mine?.hash ?? (target || "#/chat");
  const drafts = mine?.drafts ?? new Map();
  kept = null;
  target = "";
  user = who;
  dismiss();
  current = null;
  chat = createChat(shell, drafts);
  showBar();
  announce(`Signed in as ${who.email}.`);
  go(hash);
}

/** @param {string} reason */
function left(reason) {
  if (user && chat) {
    kept = { user: user.id, hash: location.hash, drafts: chat.drafts() };
    chat.close();
  }
  user = null;
  chat = null;
  current = null;
  dismiss();
  announce("");
  if (reason) {
    const isKept = kept && kept.drafts.size > 0;
    alert(isKept ? `${reason} What you were writing is kept: sign in to go on.` : reason, {
      level: "info",
      key: "left",
    });
  }
  showBar();
  go("#/sign-in");
}

/**
 * Finds out whether the session is still there. What is found is told as a change; without an answer
 * nothing is known, and what people do next will tell.
 */
async function look() {
  lastLook = Date.now();
  await client.me().catch(() => {});
}

/** @param {unknown} error */
function isSessionOver(error) {
  const { status, code } = troubleOf(error);
  if (status !== 401 && code !== "account_changed") return false;
  // The client has looked already; if it found nobody, or somebody else, the page shows that.
  if (!user || code === "account_changed") return true;
  void look();
  return false;
}

/** @param {Change} change */
function changed({ user: now }) {
  const before = user;
  if (before && before.id !== now?.id) left(now || isLeaving ? "" : "You have been signed out.");
  if (!now) return;
  entered(now);
  if (before && before.id !== now.id) {
    alert(`Another account was signed in in this browser: you are ${now.email} now.`, {
      level: "warning",
      key: "account",
    });
  }
}

function showBar() {
  byId("bar").querySelector("nav")?.remove();
  if (!user) return;
  const link = (/** @type {string} */ hash, /** @type {string} */ text) => h("a", { href: hash }, text);
  byId("bar").append(
    h(
      "nav",
      { "aria-label": "Main" },
      link("#/chat", "Chat"),
      link("#/sessions", "Sessions"),
      h("span", { class: "who", title: user.email }, user.email),
      h("button", { type: "button", class: "small", onclick: () => signOut(false) }, "Sign out"),
    ),
  );
}

/** @param {boolean} allDevices */
async function signOut(allDevices) {
  isLeaving = true;
  try {
    await client.logout({ allDevices });
  } catch (error) {
    const { status, message } = troubleOf(error);
    if (status !== 401)
      alert(message, { key: "sign-out", action: { label: "Try again", act: () => signOut(allDevices) } });
  } finally {
    isLeaving = false;
  }
}

/** Shows what the address names. */
function route() {
  const [, name = "", id = ""] = /^#\/([a-z-]*)\/?(.*)$/.exec(location.hash) ?? [];
  if (name === current && name !== "chat") return;
  const view = wanted(name, id);
  if (!view) return;
  document.title = `${view.title} · autorisen`;
  for (const link of byId("bar").querySelectorAll("nav a")) {
    // Whoever comes back from elsewhere comes back to the same conversation.
    if (link.textContent === "Chat" && chat)
      link.setAttribute("href", name === "chat" ? "#/chat" : chat.address());
    if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (name === current) return;
  current = name;
  const main = byId("main");
  document.body.classList.toggle("is-chat", name === "chat");
  // The chat stays where it is: an answer goes on while somebody looks elsewhere.
  for (const child of [...main.children]) if (child !== chat?.element) child.remove();
  if (chat && !main.contains(chat.element)) main.append(chat.element);
  if (chat) chat.element.hidden = name !== "chat";
  if (view.element !== chat?.element) main.append(view.element);
  view.focus();
}

/**
 * @param {string} name
 * @param {string} id
 * @returns {View | null} none when another view is shown instead
 */
function wanted(name, id) {
  if (!user || !chat) {
    if (name === "register") return register(shell);
    if (name === "sign-in") return signIn(shell);
    target = location.hash;
    go("#/sign-in");
    return null;
  }
  if (name === "sessions") return sessions(shell);
  if (name === "chat") {
    chat.open(id || null);
    return chat;
  }
  go("#/chat");
  return null;
}

byId("skip-link").addEventListener("click", (event) => {
  // The address names the view, so the link cannot use it.
  event.preventDefault();
  byId("main").focus();
});
addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  if (Date.now() - lastLook > LOOK_EVERY_MS) void look();
  chat?.refresh();
});
addEventListener("online", () => (dismiss("offline"), chat?.refresh()));
addEventListener("offline", () =>
  alert("You are offline. What you write is kept here until the network is back.", {
    level: "warning",
    key: "offline",
  }),
);
client.onChange(changed);

async function start() {
  lastLook = Date.now();
  try {
    const found = await client.me();
    if (found) {
      target = location.hash;
      entered(found);
    } else {
      route();
    }
  } catch (error) {
    byId("starting").textContent = "";
    alert(troubleOf(error).message, { key: "start", action: { label: "Try again", act: start } });
  }
}

void start();
