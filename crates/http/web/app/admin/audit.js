/** The view of the audit: what happened, the newest first. */

import { field } from "../forms.js";
import { h, shown } from "../dom.js";
import { troubleOf } from "../trouble.js";
import { readAudit } from "./api.js";

/** @import { View } from "../shell.js" */
/** @import { Row } from "./api.js" */
/** @import { Desk } from "./desk.js" */

/**
 * @param {Desk} desk
 * @param {string | null} account whose rows alone are shown
 * @returns {View}
 */
export function audit(desk, account) {
  const heading = h("h1", { tabindex: "-1" }, "Audit");
  const filter = field("account", "Only this account", {
    value: account ?? "",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 36,
    hint: "Its id, as the page of a user shows it.",
  });
  const list = h("ol", { class: "entries", "aria-label": "What happened", "aria-busy": "true" });
  const nothing = h("p", { class: "quiet", hidden: true }, "Nothing is told of it.");
  const more = h("button", { type: "button", hidden: true, onclick: () => load() }, "Show older");
  /** Where the next page begins. @type {number | null} */
  let next = null;
  let isLoading = false;

  async function load() {
    if (isLoading) return;
    isLoading = true;
    const isFirst = list.children.length === 0;
    try {
      const page = await readAudit(account, next);
      desk.letIn();
      next = page.next;
      const entries = page.rows.map(entry);
      list.append(...entries);
      more.hidden = next === null;
      nothing.hidden = list.children.length > 0;
      list.hidden = !nothing.hidden;
      if (!isFirst) entries[0]?.focus();
    } catch (error) {
      if (troubleOf(error).code === "invalid_fields") filter.complain("This is no id of an account.");
      else desk.tell(error, load);
    } finally {
      isLoading = false;
      list.setAttribute("aria-busy", "false");
    }
  }

  void load();
  const element = h(
    "div",
    { class: "page" },
    heading,
    h(
      "form",
      {
        class: "search",
        novalidate: true,
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          const wanted = encodeURIComponent(filter.control.value.trim());
          location.hash = wanted ? `#/audit/${wanted}` : "#/audit";
        },
      },
      filter.element,
      h("button", { type: "submit", class: "primary" }, "Show"),
    ),
    list,
    nothing,
    h("div", { class: "row" }, more),
  );
  return { title: "Audit", element, focus: () => heading.focus() };
}

/**
 * @param {Row} row
 * @returns {HTMLElement}
 */
function entry(row) {
  return h(
    "li",
    { class: "entry", tabindex: "-1" },
    h("strong", {}, row.action),
    h(
      "p",
      { class: "quiet" },
      `${shown(row.at)} · from ${row.client_ip} · row ${row.seq} · request ${row.request_id}`,
    ),
    row.account_id && h("p", { class: "quiet" }, "Account ", toUser(row.account_id)),
    row.actor_id && h("p", { class: "quiet" }, "By the administrator ", toUser(row.actor_id)),
    row.session_id && h("p", { class: "quiet" }, `Session ${row.session_id}`),
  );
}

/** @param {string} id */
const toUser = (id) => h("a", { href: `#/users/${id}` }, id);
