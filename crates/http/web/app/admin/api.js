/** The routes of administrators. What fails throws an {@link AutorisenError}. */

import { AutorisenError } from "../../autorisen.js";

/**
 * @typedef {{ id: string, email: string, email_verified: boolean, first_name: string, last_name: string, company_name: string, role: string, is_active: boolean, is_administrator: boolean, created_at: string, last_login_at: string | null }} Account
 * @typedef {{ users: Account[], next: string | null }} Accounts
 * @typedef {{ id: string, device: string | null, address: string, created_at: string, last_used_at: string, expires_at: string, current: boolean }} Session
 * @typedef {{ seq: number, at: string, action: string, account_id: string | null, session_id: string | null, actor_id: string | null, client_ip: string, request_id: string }} Row
 * @typedef {{ rows: Row[], next: number | null }} Audit
 * @typedef {{ token_issued: number, chat_opened: number, first_answer: number, answer_finished: number, answer_stopped: number, answer_failed: number }} ChatCounts
 * @typedef {{ placement: string, total: ChatCounts, daily: ChatCounts[] }} ChatReport
 * @typedef {{ days: string[], chats: ChatReport[], tracked: { event_type: string, step: string | null, count: number }[], tracked_is_cut: boolean, limits: { action: string, total: number, daily: number[] }[] }} Report
 */

const PATIENCE_MS = 30_000;

/**
 * @param {string} method
 * @param {string} path below `/api/admin`
 * @param {object} [body]
 * @param {string} [csrf]
 * @returns {Promise<any>}
 */
async function ask(method, path, body, csrf) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(`/api/admin${path}`, {
      method,
      headers: { ...(body && { "Content-Type": "application/json" }), ...(csrf && { "X-CSRF-Token": csrf }) },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new AutorisenError({ code: "network", detail: "The server cannot be reached.", cause });
  }
  if (response.status === 204) return;
  if (response.ok) return response.json();
  const error = await AutorisenError.of(response);
  // A page of the existing client has left its half of a CSRF pair in this browser.
  if (error.code === "csrf" && !csrf) {
    const pair = await (await fetch("/api/auth/csrf")).json();
    return ask(method, path, body, String(pair.csrf_token));
  }
  throw error;
}

const user = (/** @type {string} */ id) => `/users/${encodeURIComponent(id)}`;

/** @param {string} prefix @param {string | null} after @returns {Promise<Accounts>} */
export const searchUsers = (prefix, after) => ask("POST", "/users/search", { prefix, after });

/** @param {string} id @returns {Promise<Account>} */
export const readUser = (id) => ask("GET", user(id));

/** @param {string} id @param {boolean} isActive @returns {Promise<Account>} */
export const setActive = (id, isActive) => ask("POST", `${user(id)}/${isActive ? "enable" : "disable"}`);

/** @param {string} id @returns {Promise<{sessions: Session[]}>} */
export const readSessions = (id) => ask("GET", `${user(id)}/sessions`);

/** @param {string} id @returns {Promise<void>} */
export const endSessions = (id) => ask("DELETE", `${user(id)}/sessions`);

/** @param {string} id @param {string} session @returns {Promise<void>} */
export const endSession = (id, session) =>
  ask("DELETE", `${user(id)}/sessions/${encodeURIComponent(session)}`);

/** @param {number} days @returns {Promise<Report>} */
export const readReport = (days) => ask("GET", `/report?days=${days}`);

/** @param {string | null} account @param {number | null} before @returns {Promise<Audit>} */
export function readAudit(account, before) {
  const query = new URLSearchParams();
  if (account) query.set("account", account);
  if (before) query.set("before", String(before));
  return ask("GET", `/audit?${query}`);
}
