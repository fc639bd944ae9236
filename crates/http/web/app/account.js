/** The views of those who are not signed in: signing in, and registering. */

import { h } from "./dom.js";
import { field, form, passwordField } from "./forms.js";

/** @import { Shell, View } from "./shell.js" */

/**
 * Who signs in is told to the page by the client.
 *
 * @param {Shell} shell
 * @returns {View}
 */
export function signIn(shell) {
  const email = field("email", "E-mail address", {
    type: "email",
    required: true,
    autocomplete: "username",
    spellcheck: "false",
  });
  const password = passwordField("password", "Password", { autocomplete: "current-password" });
  const made = form([email, password], "Sign in", async ({ email = "", password = "" }) => {
    await shell.client.login({ email: email.trim(), password });
  });
  const other = h("p", { class: "other" }, "New here? ", h("a", { href: "#/register" }, "Make an account"));
  return page(
    "Sign in",
    "Good to see you. Sign in to go on with your conversations.",
    made,
    other,
    email.control,
  );
}

/**
 * @param {Shell} shell
 * @returns {View}
 */
export function register(shell) {
  const first = field("first_name", "First name", { required: true, autocomplete: "given-name" });
  const last = field("last_name", "Last name", { required: true, autocomplete: "family-name" });
  const email = field("email", "E-mail address", {
    type: "email",
    required: true,
    autocomplete: "username",
    spellcheck: "false",
  });
  const password = passwordField("password", "Password", {
    autocomplete: "new-password",
    minlength: 12,
    hint: "At least 12 characters. A few words that do not belong together are good.",
  });
  const made = form(
    [first, last, email, password],
    "Make an account",
    async ({ first_name = "", last_name = "", email = "", password = "" }) => {
      await shell.client.register({ first_name, last_name, email: email.trim(), password });
    },
  );
  const other = h("p", { class: "other" }, "You have an account? ", h("a", { href: "#/sign-in" }, "Sign in"));
  return page(
    "Make an account",
    "One account for your conversations, on every device.",
    made,
    other,
    first.control,
  );
}

/**
 * @param {string} title
 * @param {string} about
 * @param {HTMLFormElement} made
 * @param {HTMLElement} other
 * @param {HTMLElement} first what has the focus at first
 * @returns {View}
 */
function page(title, about, made, other, first) {
  const heading = h("h1", { tabindex: "-1" }, title);
  const element = h(
    "div",
    { class: "page narrow" },
    h("div", { class: "panel" }, heading, h("p", { class: "quiet" }, about), made, other),
  );
  return { title, element, focus: () => first.focus() };
}
