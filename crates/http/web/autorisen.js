/**
 * The browser's side of autorisen: who is signed in, their sessions, and what ChatKit needs. The session
 * is in cookies that no script can read; a token of the chat lives for minutes, in memory alone, and is
 * shared by the tabs of its account.
 */

/**
 * @typedef {"Customer" | "Developer"} Role
 * @typedef {{ email: string, first_name: string, last_name: string }} Person
 * @typedef {Person & { id: string, role: Role, is_active: boolean, email_verified: boolean, company_name: string }} User
 * @typedef {Person & { password: string, role?: Role, company_name?: string, profile?: object, recaptcha_token?: string }} Registration
 *
 * `device` is the user agent of the login: show it as text.
 * @typedef {{ id: string, device: string | null, address: string, created_at: string, last_used_at: string, expires_at: string, current: boolean }} Session
 *
 * @typedef {{ type: "signed-in" | "signed-out" | "account-changed", user: User | null }} Change
 * @typedef {{ getClientSecret: (current: string | null) => Promise<string> }} HostedApi
 * @typedef {{ url: string, domainKey: string, fetch: typeof fetch, uploadStrategy: { type: "two_phase" } }} OwnApi
 *
 * A token; its times are by this machine's clock.
 * @typedef {{ secret: string, account: string, placement: string, renewAt: number, until: number }} Held
 */

const PATIENCE_MS = 30_000;
/** The last part of a token's life, in which it is renewed. */
const RENEWAL_PART = 0.2;
/** How long a tab waits for the token that another tab has got. */
const NEWS_MS = 1_000;

/** What went wrong, in the words of the server's problem document. */
export class AutorisenError extends Error {
  /** @override */
  name = "AutorisenError";
  /** The status of the answer; 0 when there was none. */
  status = 0;
  /** The server's, or `network`, `unexpected_answer`, `no_cookies`, `account_changed`. */
  code = "";
  /** Fit to be shown. */
  detail = "";
  /** @type {{ field: string, code: string, message: string }[]} */
  errors = [];
  /** In seconds. @type {number | undefined} */
  retryAfter;
  /** @type {string | undefined} */
  requestId;

  /** @param {Partial<AutorisenError>} parts */
  constructor(parts) {
    super(parts.detail);
    Object.assign(this, parts);
  }

  /** What an answer says that is not ok. @param {Response} response */
  static async of(response) {
    const problem = (await response.json().catch(() => null)) ?? {};
    const { status, headers } = response;
    return new AutorisenError({
      status,
      code: problem.code ?? "unexpected_answer",
      detail: problem.detail ?? `The server answered with status ${status}.`,
      errors: problem.errors ?? [],
      retryAfter: Number(headers.get("Retry-After")) || undefined,
      requestId: problem.request_id ?? headers.get("X-Request-Id") ?? undefined,
    });
  }
}

/**
 * A client of one server. What fails throws an {@link AutorisenError}.
 *
 * @param {object} [options]
 * @param {string} [options.baseUrl] where the server is, when that is not where the page is from
 * @param {typeof fetch} [options.fetch] in place of the browser's
 */
export function createAutorisen({ baseUrl = "", fetch: send = (...request) => fetch(...request) } = {}) {
  /** @param {string} path */
  const address = (path) => new URL(baseUrl.replace(/\/$/, "") + path, globalThis.location?.href);
  const { origin } = address("/");
  const name = `autorisen ${origin}`;

  /** Its id; null for none, undefined when not known. @type {string | null | undefined} */
  let account;
  let asked = 0;
  /** @type {Promise<unknown> | undefined} */
  let doubt;
  /** How much later it is by the server's clock. */
  let skew = 0;
  /** @type {Set<(change: Change) => void>} */
  const listeners = new Set();
  /** By placement. @type {Map<string, Held>} */
  const tokens = new Map();
  /** By placement. @type {Map<string, Promise<Held>>} */
  const renewals = new Map();

  const channel = openChannel(name, (news) => {
    if (news === "changed") {
      forgetTokens();
      // Offline, the next request will tell.
      if (account !== undefined) doubt = me().catch(() => {});
    } else if (news.account === account) {
      tokens.set(news.placement, news);
    }
  });

  function forgetTokens() {
    tokens.clear();
    renewals.clear();
  }

  /** @param {User | null} user */
  function become(user) {
    const before = account;
    account = user?.id ?? null;
    if (account === before) return;
    forgetTokens();
    if (before === undefined) return;
    const type = !user ? "signed-out" : before ? "account-changed" : "signed-in";
    for (const listener of listeners) listener({ type, user });
  }

  /** @param {URL | Request} input @param {RequestInit} [init] */
  async function request(input, init) {
    try {
      return await send(input, init);
    } catch (cause) {
      if (cause instanceof Error && cause.name === "AbortError") throw cause;
      throw new AutorisenError({ code: "network", detail: "The server cannot be reached.", cause });
    }
  }

  /** @param {string} method @param {string} path @param {object} [body] @param {string} [csrf] @returns {Promise<any>} */
  async function ask(method, path, body, csrf) {
    const response = await request(address(path), {
      method,
      credentials: "include",
      headers: { ...(body && { "Content-Type": "application/json" }), ...(csrf && { "X-CSRF-Token": csrf }) },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (date) skew = date - Date.now();
    if (response.status === 204) return;
    if (response.ok) {
      return response.json().catch((cause) => {
        throw new AutorisenError({ code: "unexpected_answer", detail: `No JSON from ${origin}.`, cause });
      });
    }
    const error = await AutorisenError.of(response);
    // A page of the existing client has left its half of a CSRF pair in this browser.
    if (error.code === "csrf" && !csrf) {
      const pair = await ask("GET", "/api/auth/csrf");
      return ask(method, path, body, String(pair.csrf_token));
    }
    if (error.status === 401 && account) await me().catch(() => {});
    throw error;
  }

  /** @returns {Promise<User | null>} */
  async function me() {
    const turn = ++asked;
    const { user } = await ask("GET", "/api/auth/session");
    // Unless a newer question has overtaken it.
    if (turn === asked) become(user);
    return user;
  }

  /** After a login. */
  async function entered() {
    account ??= null;
    forgetTokens();
    channel?.postMessage("changed");
    const user = await me();
    if (user) return user;
    throw new AutorisenError({ code: "no_cookies", detail: "This browser keeps no cookies of this site." });
  }

  /** @param {string} placement */
  const fresh = (placement) => {
    const held = tokens.get(placement);
    return held && Date.now() < held.renewAt ? held : undefined;
  };

  /**
   * A token of the account that is signed in as this is called, or of the one that is named.
   * @param {string} placement
   * @param {string | null} [owner]
   */
  async function token(placement, owner = account) {
    let renewal = renewals.get(placement);
    if (!renewal) {
      const over = () => renewals.get(placement) === renewal && renewals.delete(placement);
      renewal = renew(placement).finally(over);
      renewals.set(placement, renewal);
    }
    const held = await renewal;
    if (owner !== undefined && held.account !== owner) throw accountChanged();
    return held;
  }

  /** @param {string} placement */
  async function renew(placement) {
    /** @param {boolean} waited */
    const unlessDone = async (waited) => {
      const patience = Date.now() + NEWS_MS;
      while (waited && !fresh(placement) && Date.now() < patience) await pause(20);
      return fresh(placement) ?? issue(placement);
    };
    try {
      return fresh(placement) ?? (await alone(name, unlessDone));
    } catch (error) {
      const held = tokens.get(placement);
      if (held && Date.now() < held.until) return held;
      throw error;
    }
  }

  /** @param {string} placement */
  async function issue(placement) {
    await doubt;
    if (account === null) {
      throw new AutorisenError({ status: 401, code: "not_authenticated", detail: "Nobody is signed in." });
    }
    const answer = await ask("POST", "/api/chatkit/token", placement ? { placement } : {});
    const { client_secret: secret, user_id: owner, expires_at: end } = answer;
    const until = (typeof end === "number" ? end * 1000 : Date.parse(end)) - skew;
    const renewAt = until - (until - Date.now()) * RENEWAL_PART;
    /** @type {Held} */
    const held = { secret, account: owner, placement, renewAt, until };
    if (account === undefined) account = owner;
    if (owner !== account) {
      forgetTokens();
      await me();
      throw accountChanged();
    }
    tokens.set(placement, held);
    channel?.postMessage(held);
    return held;
  }

  /** @param {string} placement @param {string | null} secret */
  function spend(placement, secret) {
    if (tokens.get(placement)?.secret === secret) tokens.delete(placement);
  }

  /** @param {string} placement @returns {typeof fetch} */
  const chatFetch = (placement) => async (input, init) => {
    const wanted = new Request(input, init);
    // Files may go to storage elsewhere, which must not see the token.
    if (new URL(wanted.url).origin !== origin) return send(wanted);
    const go = (/** @type {Held} */ { secret }) => {
      const copy = wanted.clone();
      copy.headers.set("Authorization", `Bearer ${secret}`);
      return request(copy);
    };
    const held = await token(placement);
    const response = await go(held);
    if (response.status !== 401) return response;
    spend(placement, held.secret);
    return go(await token(placement, held.account));
  };

  /**
   * Options for `useChatKit` or `setOptions` of `<openai-chatkit>`; add your own beside `api`.
   *
   * @template {"self-hosted" | "hosted"} [M="self-hosted"]
   * @param {object} [options]
   * @param {string} [options.placement] where in your product the chat is
   * @param {string} [options.domainKey] from the allow list of ChatKit's vendor; on localhost any text
   * @param {M} [options.mode] what the server's `CHATKIT_MODE` is
   * @returns {{ api: M extends "hosted" ? HostedApi : OwnApi }}
   */
  function chatkitOptions({ placement = "", domainKey = "localhost", mode } = {}) {
    /** @type {HostedApi} */
    const hosted = {
      async getClientSecret(current) {
        spend(placement, current);
        return (await token(placement)).secret;
      },
    };
    /** @type {OwnApi} */
    const own = {
      url: address("/api/chatkit").href,
      domainKey,
      fetch: chatFetch(placement),
      uploadStrategy: { type: "two_phase" },
    };
    return { api: /** @type {any} */ (mode === "hosted" ? hosted : own) };
  }

  return {
    /** Makes an account, and signs in. @param {Registration} details */
    async register(details) {
      await ask("POST", "/api/auth/register", { ...details, session: "cookie" });
      return entered();
    },

    /** @param {{ email: string, password: string, recaptcha_token?: string }} credentials */
    async login(credentials) {
      await ask("POST", "/api/auth/login", { ...credentials, session: "cookie" });
      return entered();
    },

    /** Ends the session, or all of the account's. @param {{ allDevices?: boolean }} [options] */
    async logout({ allDevices = false } = {}) {
      await ask("POST", "/api/auth/logout", { all_devices: allDevices });
      asked++;
      become(null);
      channel?.postMessage("changed");
    },

    /** Who is signed in; null when nobody is. */
    me,

    /** The live sessions of the account. @returns {Promise<Session[]>} */
    sessions: async () => (await ask("GET", "/api/auth/sessions")).sessions,

    /** @param {string} id */
    async endSession(id) {
      await ask("DELETE", `/api/auth/sessions/${encodeURIComponent(id)}`);
      // It may have been this one.
      if (!(await me())) channel?.postMessage("changed");
    },

    /** Ends all sessions but the one that asks. */
    async endOtherSessions() {
      await ask("DELETE", "/api/auth/sessions");
    },

    /** Ends all other sessions as well. @param {{ currentPassword: string, newPassword: string }} passwords */
    async changePassword({ currentPassword, newPassword }) {
      const body = { current_password: currentPassword, new_password: newPassword, session: "cookie" };
      await ask("POST", "/api/auth/password/change", body);
      return entered();
    },

    /** Like the browser's own, with cookies to our server alone. @param {string} path @param {RequestInit} [init] */
    async fetch(path, init) {
      const url = address(path);
      const isOurs = url.origin === origin;
      const response = await request(url, { ...init, credentials: isOurs ? "include" : "omit" });
      if (isOurs && response.status === 401 && account) await me().catch(() => {});
      return response;
    },

    chatkitOptions,

    /**
     * Tells when somebody signs in or out, in any tab, or a session is found to have ended.
     * @param {(change: Change) => void} listener
     * @returns {() => void} stops that
     */
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const accountChanged = () =>
  new AutorisenError({ code: "account_changed", detail: "Another account is signed in now." });

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** To the other tabs; none with storage switched off. @param {string} name @param {(news: "changed" | Held) => void} hear */
function openChannel(name, hear) {
  try {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => hear(data);
    return channel;
  } catch {
    return undefined;
  }
}

/**
 * Works in one tab at a time, told whether another was at it. Without locks, as with storage switched
 * off, each tab goes by itself.
 * @param {string} name
 * @param {(waited: boolean) => Promise<Held>} work
 */
async function alone(name, work) {
  let begun = false;
  const begin = (/** @type {boolean} */ waited) => {
    begun = true;
    return work(waited);
  };
  try {
    const { locks } = navigator;
    const done = await locks.request(name, { ifAvailable: true }, (lock) => lock && begin(false));
    return done ?? (await locks.request(name, () => begin(true)));
  } catch (error) {
    if (begun) throw error;
    return work(false);
  }
}
