/** The view of accounts: looked for by the beginning of their address. */

import { field } from "../forms.js";
import { h, shown } from "../dom.js";
import { announce } from "../notices.js";
import { troubleOf } from "../trouble.js";
import { searchUsers } from "./api.js";

/** @import { View } from "../shell.js" */
/** @import { Account } from "./api.js" */
/** @import { Desk } from "./desk.js" */

/**
 * @param {Desk} desk
 * @returns {View}
 */
export function users(desk) {
  const heading = h("h1", { tabindex: "-1" }, "Users");
  const prefix = field("prefix", "Address begins with", {
    type: "search",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 254,
  });
  const list = h("ul", { class: "entries", "aria-label": "Accounts", "aria-busy": "true" });
  const nothing = h("p", { class: "quiet", hidden: true }, "No address begins like this.");
  const more = h("button", { type: "button", hidden: true, onclick: () => load(false) }, "Show more");
  /** Where the next page begins. @type {string | null} */
  let next = null;
  /** What is shown was looked for with this. */
  let wanted = "";
  let turn = 0;

  /** @param {boolean} isNew */
  async function load(isNew) {
    const mine = ++turn;
    list.setAttribute("aria-busy", "true");
    // What comes next is not of what is looked for now.
    if (isNew) more.hidden = true;
    try {
      const page = await searchUsers(wanted, isNew ? null : next);
      if (mine !== turn) return;
      desk.letIn();
      next = page.next;
      const entries = page.users.map(entry);
      if (isNew) list.replaceChildren(...entries);
      else list.append(...entries);
      more.hidden = next === null;
      nothing.hidden = list.children.length > 0;
      list.hidden = !nothing.hidden;
      if (isNew) announce(`${list.children.length}${next ? " or more" : ""} accounts.`);
      else entries[0]?.querySelector("a")?.focus();
    } catch (error) {
      if (mine !== turn) return;
      const fault = troubleOf(error).fields.find((fault) => fault.field === "prefix");
      if (fault) prefix.complain("No address begins like this.");
      else desk.tell(error, () => load(isNew));
    } finally {
      if (mine === turn) list.setAttribute("aria-busy", "false");
    }
  }

  const search = h(
    "form",
    {
      class: "search",
      role: "search",
      novalidate: true,
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        wanted = prefix.control.value;
        void load(true);
      },
    },
    prefix.element,
    h("button", { type: "submit", class: "primary" }, "Search"),
  );
  void load(true);
  const element = h(
    "div",
    { class: "page" },
    heading,
    search,
    list,
    nothing,
    h("div", { class: "row" }, more),
  );
  return { title: "Users", element, focus: () => heading.focus() };
}

/**
 * @param {Account} account
 * @returns {HTMLElement}
 */
function entry(account) {
  const lastLogin = account.last_login_at
    ? `last signed in ${shown(account.last_login_at)}`
    : "never signed in";
  return h(
    "li",
    { class: "entry" },
    h("a", { href: `#/users/${account.id}` }, account.email),
    ...badges(account),
    h("p", { class: "quiet" }, `${nameOf(account)} · ${account.role} · ${lastLogin}`),
  );
}

/** @param {Account} account */
export const nameOf = (account) => `${account.first_name} ${account.last_name}`.trim() || "no name";

/**
 * What is not as usual with an account.
 *
 * @param {Account} account
 * @returns {HTMLElement[]}
 */
export function badges(account) {
  return [
    ...(account.is_active ? [] : [h("span", { class: "badge danger" }, "Disabled")]),
    ...(account.is_administrator ? [h("span", { class: "badge" }, "Administrator")] : []),
  ];
}
