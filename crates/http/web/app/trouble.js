/** How whatever went wrong is worded. */

/**
 * What is known of a fault. Those that the server tells have a status and a code.
 *
 * @typedef {object} Trouble
 * @property {number} status 0 when there was no answer
 * @property {string} code
 * @property {string} message fit to be shown
 * @property {{field: string, message: string}[]} fields
 */

/** What programs call a fault, in words for people. All others have the server's own. */
const WORDS = new Map([
  [
    "thread_busy",
    "An answer is still being written in this conversation, perhaps in another tab. Your message is kept; send it when the answer is finished.",
  ],
  ["thread_not_active", "This conversation takes no more messages."],
  ["thread_not_found", "This conversation no longer exists."],
  ["no_pending_call", "This step was already done, perhaps in another tab."],
  ["wrong_item", "This was already answered, perhaps in another tab."],
  ["too_many_threads", "You have too many conversations. Delete some of them first."],
  ["not_authenticated", "You are signed out."],
  ["token_expired", "Your session has ended."],
  ["token_revoked", "You are signed out."],
  ["account_changed", "Another account is signed in in this browser now."],
  [
    "no_cookies",
    "This browser did not keep the cookie of your session, and without it nobody stays signed in. Allow cookies for this site, and sign in again.",
  ],
  ["invalid_credentials", "The address or the password is not right."],
]);

/**
 * @param {unknown} error
 * @returns {Trouble}
 */
export function troubleOf(error) {
  const told =
    /** @type {{status?: unknown, code?: unknown, detail?: unknown, message?: unknown, errors?: unknown, retryAfter?: unknown}} */ (
      error && typeof error === "object" ? error : {}
    );
  const status = typeof told.status === "number" ? told.status : 0;
  const code = typeof told.code === "string" ? told.code : "";
  if (status === 0 && !WORDS.has(code)) return { status, code, message: withoutAnswer(), fields: [] };
  const detail =
    typeof told.detail === "string" && told.detail ? told.detail : "The server did not say what is wrong.";
  const message = (WORDS.get(code) ?? sentence(detail)) + whenToRetry(status, told.retryAfter);
  return { status, code, message, fields: fieldsOf(told.errors) };
}

function withoutAnswer() {
  return navigator.onLine === false
    ? "You are offline. Nothing is lost; try again when the network is back."
    : "The server cannot be reached. Nothing is lost; try again in a moment.";
}

/**
 * @param {number} status
 * @param {unknown} retryAfter in seconds
 * @returns {string}
 */
function whenToRetry(status, retryAfter) {
  if (status !== 429 && status !== 503) return "";
  const seconds = Number(retryAfter);
  return Number.isFinite(seconds) && seconds > 0
    ? ` Try again in ${duration(seconds)}.`
    : " Try again in a moment.";
}

/**
 * @param {number} seconds
 * @returns {string}
 */
function duration(seconds) {
  const count = (/** @type {number} */ number, /** @type {string} */ unit) =>
    `${number} ${unit}${number === 1 ? "" : "s"}`;
  if (seconds < 90) return count(Math.ceil(seconds), "second");
  if (seconds < 90 * 60) return count(Math.ceil(seconds / 60), "minute");
  return count(Math.ceil(seconds / 3600), "hour");
}

/**
 * @param {string} text
 * @returns {string}
 */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/**
 * @param {unknown} errors
 * @returns {{field: string, message: string}[]}
 */
function fieldsOf(errors) {
  if (!Array.isArray(errors)) return [];
  return errors
    .filter((fault) => typeof fault?.field === "string" && typeof fault?.message === "string")
    .map(({ field, message }) => ({ field, message }));
}
