/** What the page tells beside its views: alerts that stay until they are closed, and words for who listens. */

import { byId, h, iconButton } from "./dom.js";

/**
 * @typedef {object} AlertOptions
 * @property {"danger" | "warning" | "info"} [level]
 * @property {string} [key] an alert takes the place of the one with the same key
 * @property {{label: string, act: () => void}} [action]
 * @property {boolean} [isFleeting] whether it goes by itself, as what needs no answer may
 */

const FLEETING_MS = 8_000;

/**
 * Shows an alert, and reads it to who listens.
 *
 * @param {string} text
 * @param {AlertOptions} [options]
 */
export function alert(text, { level = "danger", key, action, isFleeting = false } = {}) {
  if (key) dismiss(key);
  const close = () => element.remove();
  const element = h(
    "div",
    { class: `alert ${level}`, role: level === "danger" ? "alert" : "status", "data-key": key },
    h("p", {}, text),
    action &&
      h("button", { type: "button", class: "small", onclick: () => (close(), action.act()) }, action.label),
    iconButton("close", "Close this message", { onclick: close }),
  );
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  byId("alerts").append(element);
  if (isFleeting) setTimeout(close, FLEETING_MS);
}

/**
 * Takes the alert with this key away; all of them without one.
 *
 * @param {string} [key]
 */
export function dismiss(key) {
  for (const element of [...byId("alerts").children]) {
    if (!key || element.getAttribute("data-key") === key) element.remove();
  }
}

/**
 * Reads a text to who listens; nothing is seen of it.
 *
 * @param {string} text
 */
export function announce(text) {
  byId("announcer").textContent = text;
}
