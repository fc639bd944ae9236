// What the module finds in a browser, for tests without one: tabs that hear each other, locks, a
// clock that can be put forward, and a server that one browser's cookies belong to.

const ORIGIN = "https://api.example.org";

/** @typedef {{ method: string, url: string, headers: Headers, body: string, credentials: string, signal: AbortSignal | null }} Seen */
/** @typedef {(request: Seen) => Response | undefined | Promise<Response | undefined>} Fault */

const realNow = Date.now;

/** Puts the clock of this machine right, or forward. @param {number} ms */
export function setClock(ms = 0) {
  Date.now = () => realNow() + ms;
}

/** Lets tabs hear each other and take turns, as in a browser with storage. */
export function withStorage() {
  /** @type {Set<FakeChannel>} */
  const channels = new Set();
  class FakeChannel {
    /** @type {((event: { data: unknown }) => void) | null} */
    onmessage = null;

    /** @param {string} name */
    constructor(name) {
      this.name = name;
      channels.add(this);
    }

    /** @param {unknown} data */
    postMessage(data) {
      const copy = structuredClone(data);
      for (const other of channels) {
        // Later than whatever comes next, as news may be.
        if (other !== this && other.name === this.name) setTimeout(() => other.onmessage?.({ data: copy }), 5);
      }
    }
  }

  /** @type {Map<string, Promise<unknown>>} */
  const held = new Map();
  const locks = {
    /**
     * @param {string} name
     * @param {{ ifAvailable?: boolean } | ((lock: object | null) => unknown)} options
     * @param {(lock: object | null) => unknown} [callback]
     */
    async request(name, options, callback) {
      const work = typeof options === "function" ? options : callback;
      if (work === undefined) throw new TypeError("no callback");
      const before = held.get(name);
      if (before && typeof options === "object" && options.ifAvailable) return work(null);
      const turn = (async () => {
        await before?.catch(() => {});
        return work({ name });
      })();
      held.set(name, turn);
      try {
        return await turn;
      } finally {
        if (held.get(name) === turn) held.delete(name);
      }
    },
  };
  define("BroadcastChannel", FakeChannel);
  define("navigator", { locks });
}

/** What a browser does where storage is switched off. */
export function withoutStorage() {
  const denied = () => new DOMException("denied", "SecurityError");
  define(
    "BroadcastChannel",
    class {
      constructor() {
        throw denied();
      }
    },
  );
  define("navigator", { locks: { request: () => Promise.reject(denied()) } });
}

/** What an old browser has. */
export function withoutLocks() {
  withStorage();
  define("navigator", {});
}

/** @param {string} name @param {unknown} value */
function define(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/** A server, and the cookies that one browser has of it. */
export class FakeServer {
  /** Whose session the browser's cookies are. @type {string | null} */
  account = null;
  /** The sessions that have ended. @type {Set<string>} */
  ended = new Set();
  /** @type {Seen[]} */
  seen = [];
  /** What goes wrong with a request, if anything. @type {Fault} */
  fault = () => undefined;
  /** Whether the browser keeps cookies. */
  keepsCookies = true;
  /** Of a token of the chat. */
  lifeMs = 300_000;
  /** How wrong this machine's clock is. */
  skewMs = 0;
  /** Whether answers say what time it is. */
  tellsDate = true;
  #issued = 0;

  /** @type {typeof fetch} */
  fetch = async (input, init) => {
    const request = new Request(input, init);
    const seen = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: await request.text(),
      credentials: request.credentials,
      signal: init?.signal ?? request.signal,
    };
    this.seen.push(seen);
    // An answer takes a moment, in which other things happen.
    const answer = (await this.fault(seen)) ?? this.#answer(seen);
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (this.tellsDate) answer.headers.set("Date", new Date(this.now()).toUTCString());
    return answer;
  };

  now() {
    return Date.now() - this.skewMs;
  }

  /** How many requests there were of this path. @param {string} path */
  count(path) {
    return this.seen.filter(({ url }) => new URL(url).pathname === path).length;
  }

  /** @param {Seen} request */
  #answer({ method, url, headers, body }) {
    const { origin, pathname } = new URL(url);
    if (origin !== ORIGIN) return json(200, { stored: true });
    switch (`${method} ${pathname}`) {
      case "POST /api/auth/login":
      case "POST /api/auth/register":
        // A login ends the session that the same browser had before.
        if (this.account) this.ended.add(this.account);
        this.ended.delete(JSON.parse(body).email);
        if (this.keepsCookies) this.account = JSON.parse(body).email;
        return json(200, { session: "cookie" });
      case "POST /api/auth/password/change":
        return json(200, { session: "cookie" });
      case "POST /api/auth/logout":
        if (this.account) this.ended.add(this.account);
        this.account = null;
        return json(200, { message: "Logged out" });
      case "GET /api/auth/sessions":
        return this.account ? json(200, { sessions: [{ id: "s1", current: true }] }) : refused();
      case "DELETE /api/auth/sessions/s1":
        this.account = null;
        return new Response(null, { status: 204 });
      case "DELETE /api/auth/sessions":
        return new Response(null, { status: 204 });
      case "GET /api/auth/session":
        return json(200, { user: this.account ? { id: this.account, email: this.account } : null });
      case "GET /api/auth/me":
        return this.account ? json(200, { id: this.account, email: this.account }) : refused();
      case "POST /api/chatkit/token": {
        if (!this.account) return refused();
        const token = `${this.account}/${++this.#issued}`;
        const expires_at = new Date(this.now() + this.lifeMs).toISOString();
        return json(200, { client_secret: token, token, expires_at, user_id: this.account });
      }
      case "POST /api/chatkit": {
        const [, account = ""] = /^Bearer (.+)\//.exec(headers.get("Authorization") ?? "") ?? [];
        return account && !this.ended.has(account) ? json(200, { by: account }) : refused();
      }
      default:
        return json(404, { status: 404, code: "not_found", detail: "Not Found" });
    }
  }
}

/** The address of the server. */
export const SERVER = ORIGIN;

/** @param {number} status @param {unknown} body @param {Record<string, string>} [headers] */
export function json(status, body, headers = {}) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

/** The answer to who is not signed in. */
export function refused() {
  return json(401, { status: 401, code: "not_authenticated", detail: "Not authenticated" });
}
