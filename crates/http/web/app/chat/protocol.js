/** The ChatKit protocol, as a client speaks it: one address, a type and its members. */

import { events } from "./sse.js";

/**
 * @typedef {object} Api
 * @property {string} url
 * @property {(url: string, init: RequestInit) => Promise<Response>} fetch
 */

/** @typedef {ReturnType<typeof createProtocol>} Protocol */

/** An answer that is no success. Its members are those of the problem that the server told. */
export class Refused extends Error {
  /**
   * @param {Response} response
   * @param {any} problem
   */
  constructor(response, problem) {
    super(typeof problem?.detail === "string" ? problem.detail : `status ${response.status}`);
    this.status = response.status;
    this.code = typeof problem?.code === "string" ? problem.code : "";
    this.detail = typeof problem?.detail === "string" ? problem.detail : "";
    this.errors = Array.isArray(problem?.errors) ? problem.errors : [];
    this.retryAfter = Number(response.headers.get("Retry-After")) || null;
  }
}

/** @param {Api} api */
export function createProtocol(api) {
  /**
   * @param {string} url
   * @param {RequestInit} init
   */
  async function request(url, init) {
    const response = await api.fetch(url, init);
    if (!response.ok) throw new Refused(response, await response.json().catch(() => null));
    return response;
  }

  /**
   * @param {string} type
   * @param {object} params
   * @param {string} accept
   * @param {AbortSignal} [signal]
   */
  function send(type, params, accept, signal) {
    const headers = { "Content-Type": "application/json", Accept: accept };
    return request(api.url, {
      method: "POST",
      headers,
      body: JSON.stringify({ type, params }),
      signal: signal ?? null,
    });
  }

  return {
    /**
     * Asks for one answer.
     *
     * @param {string} type
     * @param {object} params
     * @returns {Promise<any>}
     */
    async call(type, params) {
      const response = await send(type, params, "application/json");
      return response.json();
    },

    /**
     * Asks for a stream of events. It is stopped by `signal`.
     *
     * @param {string} type
     * @param {object} params
     * @param {AbortSignal} signal
     * @returns {AsyncGenerator<Record<string, any>, void, undefined>}
     */
    async *stream(type, params, signal) {
      const response = await send(type, params, "text/event-stream", signal);
      if (response.body) yield* events(response.body);
    },

    /**
     * Sends the bytes of an announced file to where the server wants them.
     *
     * @param {{url: string, method?: string, headers?: Record<string, string>}} descriptor
     * @param {File} file
     */
    async upload({ url, method = "POST", headers = {} }, file) {
      let body = /** @type {BodyInit} */ (file);
      if (method === "POST") {
        body = new FormData();
        body.append("file", file);
      }
      await request(url, { method, headers, body });
    },
  };
}
