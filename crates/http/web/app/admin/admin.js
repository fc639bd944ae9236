/** The page of administrators: who may see it, and which view is shown. */

import { createAutorisen } from "../../autorisen.js";
import { byId, h } from "../dom.js";
import { alert, dismiss } from "../notices.js";
import { troubleOf } from "../trouble.js";
import { audit } from "./audit.js";
import { limits } from "./limits.js";
import { overview } from "./overview.js";
import { user } from "./user.js";
import { users } from "./users.js";

/** @import { View } from "../shell.js" */
/** @import { Desk } from "./desk.js" */

/** What is in the bar: where it leads, and what it is called. @type {[string, string][]} */
const PLACES = [
  ["#/overview", "Overview"],
  ["#/users", "Users"],
  ["#/audit", "Audit"],
  ["#/limits", "Limits"],
];

/** Whether what was asked for was given once: before that nothing of the page is shown. */
let isLetIn = false;

/** @type {Desk} */
const desk = { letIn, tell };

/** The server gave what was asked for, so who asks may see the page. */
function letIn() {
  if (isLetIn) return;
  isLetIn = true;
  byId("bar").append(
    h("nav", { "aria-label": "Main" }, ...PLACES.map(([hash, name]) => h("a", { href: hash }, name))),
  );
  mark();
}

/**
 * @param {unknown} error
 * @param {() => void} [again]
 */
function tell(error, again) {
  const { status, code, message } = troubleOf(error);
  if (code === "not_administrator") return refuse();
  if (status === 401) return askToSignIn();
  alert(message, { key: "desk", ...(again && { action: { label: "Try again", act: again } }) });
}

function refuse() {
  stop(
    "Not for this account",
    "This page is for administrators, and this account is none. Whoever runs the server can change that.",
  );
}

function askToSignIn() {
  stop("You are not signed in", "Sign in as an administrator, and open this page again.");
}

/**
 * Shows nothing but these words, and the way to the front door.
 *
 * @param {string} title
 * @param {string} text
 */
function stop(title, text) {
  isLetIn = false;
  byId("bar").querySelector("nav")?.remove();
  dismiss();
  show({
    title,
    element: h(
      "div",
      { class: "page narrow" },
      h(
        "div",
        { class: "panel" },
        h("h1", { tabindex: "-1" }, title),
        h("p", {}, text),
        h("p", {}, h("a", { href: "/app" }, "To the start")),
      ),
    ),
    focus: () => byId("main").querySelector("h1")?.focus(),
  });
}

/** @param {View} view */
function show(view) {
  document.title = `${view.title} · autorisen administration`;
  byId("main").replaceChildren(view.element);
  view.focus();
}

function mark() {
  for (const link of byId("bar").querySelectorAll("nav a")) {
    const isHere = location.hash.startsWith(link.getAttribute("href") ?? "?");
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Shows what the address names. */
function route() {
  dismiss();
  const [, name = "", id = ""] = /^#\/([a-z]*)\/?(.*)$/.exec(location.hash) ?? [];
  const view = wanted(name, id);
  if (!view) return location.replace(PLACES[0]?.[0] ?? "#/overview");
  show(view);
  mark();
}

/**
 * @param {string} name
 * @param {string} id
 * @returns {View | null}
 */
function wanted(name, id) {
  if (name === "overview") return overview(desk);
  if (name === "limits") return limits(desk);
  if (name === "users") return id ? user(desk, id) : users(desk);
  if (name === "audit") return audit(desk, id || null);
  return null;
}

byId("skip-link").addEventListener("click", (event) => {
  // The address names the view, so the link cannot use it.
  event.preventDefault();
  byId("main").focus();
});
addEventListener("hashchange", route);

async function start() {
  const client = createAutorisen();
  client.onChange(() => location.reload());
  try {
    if (await client.me()) route();
    else askToSignIn();
  } catch (error) {
    byId("starting").textContent = "";
    alert(troubleOf(error).message, { key: "start", action: { label: "Try again", act: start } });
  }
}

void start();
