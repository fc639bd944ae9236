// Signing in and out, who hears of it, and how faults are told.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { AutorisenError, createAutorisen } from "../../autorisen.js";
import { FakeServer, json, SERVER, withoutStorage, withStorage } from "../support/browser_world.js";

const ADA = { email: "ada", password: "correct horse battery staple" };

/** @type {FakeServer} */
let server;

beforeEach(() => {
  withStorage();
  server = new FakeServer();
});

function tab(baseUrl = SERVER) {
  const client = createAutorisen({ baseUrl, fetch: server.fetch });
  /** @type {string[]} */
  const changes = [];
  const stop = client.onChange(({ type, user }) => changes.push(`${type} ${user?.id}`));
  return { client, changes, stop };
}

/** Waits until so many changes were told. @param {string[]} changes @param {number} count */
async function told(changes, count) {
  for (let i = 0; i < 500 && changes.length < count; i++) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("a session is held in cookies alone", async () => {
  const { client, changes } = tab();
  assert.equal(await client.me(), null);
  assert.equal((await client.login(ADA)).id, "ada");
  assert.equal((await client.me())?.id, "ada");
  assert.deepEqual(changes, ["signed-in ada"]);
  const login = server.seen.find(({ url }) => url.endsWith("/login"));
  assert.deepEqual(JSON.parse(login?.body ?? ""), { ...ADA, session: "cookie" });
  assert.ok(server.seen.every(({ credentials }) => credentials === "include"));
  assert.ok(server.seen.every(({ headers }) => headers.get("Authorization") === null));
});

test("who registers is signed in", async () => {
  const { client, changes } = tab();
  const details = { ...ADA, first_name: "Ada", last_name: "Example" };
  assert.equal((await client.register(details)).id, "ada");
  assert.deepEqual(changes, ["signed-in ada"]);
  assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ""), { ...details, session: "cookie" });
});

test("every tab hears of a login and of a logout", async () => {
  const [first, second] = [tab(), tab()];
  await second.client.me();
  await first.client.login(ADA);
  await told(second.changes, 1);
  assert.deepEqual(second.changes, ["signed-in ada"]);
  await first.client.logout({ allDevices: true });
  await told(second.changes, 2);
  assert.deepEqual(first.changes, ["signed-in ada", "signed-out undefined"]);
  assert.deepEqual(second.changes, ["signed-in ada", "signed-out undefined"]);
  const logout = server.seen.find(({ url }) => url.endsWith("/logout"));
  assert.deepEqual(JSON.parse(logout?.body ?? ""), { all_devices: true });
});

test("with storage switched off the other tab finds out by itself", async () => {
  withoutStorage();
  const [first, second] = [tab(), tab()];
  await first.client.login(ADA);
  await second.client.me();
  await first.client.logout();
  assert.deepEqual(first.changes, ["signed-in ada", "signed-out undefined"]);
  await assert.rejects(second.client.sessions(), { status: 401 });
  assert.deepEqual(second.changes, ["signed-out undefined"]);
});

test("who has stopped listening hears nothing", async () => {
  const { client, changes, stop } = tab();
  stop();
  await client.login(ADA);
  assert.deepEqual(changes, []);
});

test("ending one's own session is a logout, in every tab", async () => {
  const [first, second] = [tab(), tab()];
  await first.client.login(ADA);
  await second.client.me();
  const [session] = await first.client.sessions();
  await first.client.endSession(session?.id ?? "");
  await told(second.changes, 1);
  assert.deepEqual(first.changes, ["signed-in ada", "signed-out undefined"]);
  assert.deepEqual(second.changes, ["signed-out undefined"]);
});

test("ending other sessions, and changing the password, leave one signed in", async () => {
  const { client, changes } = tab();
  await client.login(ADA);
  await client.endOtherSessions();
  assert.equal((await client.changePassword({ currentPassword: "old", newPassword: "new" })).id, "ada");
  const change = server.seen.find(({ url }) => url.endsWith("/password/change"));
  assert.deepEqual(JSON.parse(change?.body ?? ""), { current_password: "old", new_password: "new", session: "cookie" });
  assert.deepEqual(changes, ["signed-in ada"]);
});

test("an answer that a login has overtaken says nothing of who is signed in", async () => {
  const { client, changes } = tab();
  await client.login(ADA);
  /** @type {(answer: Response) => void} */
  let answer = () => {};
  const slow = new Promise((/** @type {(answer: Response) => void} */ resolve) => (answer = resolve));
  server.fault = () => {
    server.fault = () => undefined;
    return slow;
  };
  const before = client.me();
  await client.login({ ...ADA, email: "bob" });
  answer(json(200, { id: "ada" }));
  await before;
  assert.deepEqual(changes, ["signed-in ada", "account-changed bob"]);
});

test("a browser that keeps no cookies is told so", async () => {
  server.keepsCookies = false;
  await assert.rejects(tab().client.login(ADA), { name: "AutorisenError", code: "no_cookies", status: 0 });
});

test("a fault is told in the words of the server", async () => {
  const errors = [{ field: "password", code: "common", message: "is too common" }];
  const problem = { status: 422, code: "invalid_fields", detail: "password: is too common", errors, request_id: "r1" };
  server.fault = () => json(422, problem);
  const { client } = tab();
  await assert.rejects(client.login(ADA), (/** @type {unknown} */ error) => {
    assert.ok(error instanceof AutorisenError);
    const { status, code, detail, message, requestId, retryAfter } = error;
    assert.deepEqual({ status, code, detail, errors: error.errors }, { status: 422, code: problem.code, detail: problem.detail, errors });
    assert.deepEqual({ message, requestId, retryAfter }, { message: problem.detail, requestId: "r1", retryAfter: undefined });
    return true;
  });
  server.fault = () => json(429, { code: "rate_limited", detail: "Too many" }, { "Retry-After": "30", "X-Request-Id": "r2" });
  await assert.rejects(client.login(ADA), { status: 429, retryAfter: 30, requestId: "r2" });
  for (const body of ["<h1>Bad gateway</h1>", "null", ""]) {
    server.fault = () => new Response(body, { status: 502 });
    await assert.rejects(client.login(ADA), { status: 502, code: "unexpected_answer" });
  }
  server.fault = () => new Response("<title>Some page</title>", { status: 200 });
  await assert.rejects(client.login(ADA), { status: 0, code: "unexpected_answer" });
});

test("a network that is lost is no logout, and is told apart", async () => {
  const { client, changes } = tab();
  await client.login(ADA);
  server.fault = () => {
    throw new TypeError("Failed to fetch");
  };
  for (const call of [client.me, client.sessions, () => client.fetch("/api/health"), () => client.logout()]) {
    await assert.rejects(call(), (/** @type {unknown} */ error) => {
      assert.ok(error instanceof AutorisenError && error.cause instanceof TypeError);
      assert.deepEqual([error.status, error.code], [0, "network"]);
      return true;
    });
  }
  server.fault = () => undefined;
  assert.equal((await client.me())?.id, "ada");
  assert.deepEqual(changes, ["signed-in ada"]);
});

test("where the existing client has left half of a CSRF pair, the other half is got, once", async () => {
  const pair = json(200, { csrf_token: "t1" });
  server.fault = ({ url, headers, method }) => {
    if (url.endsWith("/csrf")) return pair;
    if (method === "POST" && headers.get("X-CSRF-Token") !== "t1") return json(403, { code: "csrf", detail: "Missing CSRF token" });
    return undefined;
  };
  assert.equal((await tab().client.login(ADA)).id, "ada");

  server.fault = ({ url, method }) => {
    if (url.endsWith("/csrf")) return json(200, {});
    return method === "POST" ? json(403, { code: "csrf", detail: "Invalid CSRF token" }) : undefined;
  };
  const before = server.seen.length;
  await assert.rejects(tab().client.login(ADA), { status: 403, code: "csrf" });
  assert.equal(server.seen.length - before, 3);
});

test("cookies go to our server and to no one else", async () => {
  const { client } = tab();
  await client.login(ADA);
  assert.equal((await client.fetch("/api/auth/sessions")).status, 200);
  assert.equal(server.seen.at(-1)?.credentials, "include");
  Object.defineProperty(globalThis, "location", { value: new URL(`${SERVER}/app`), configurable: true });
  const page = createAutorisen({ fetch: server.fetch });
  await page.fetch("https://elsewhere.example/x");
  assert.equal(server.seen.at(-1)?.credentials, "omit");
  await page.fetch("/api/auth/me");
  assert.equal(server.seen.at(-1)?.url, `${SERVER}/api/auth/me`);
  Reflect.deleteProperty(globalThis, "location");
});

test("what a page asks for by itself also shows that the session has ended", async () => {
  const { client, changes } = tab();
  await client.login(ADA);
  server.account = null;
  assert.equal((await client.fetch("/api/auth/sessions")).status, 401);
  assert.deepEqual(changes, ["signed-in ada", "signed-out undefined"]);
});

test("the address of the server may have a path, and a slash too many", async () => {
  const { client } = tab(`${SERVER}/behind/`);
  assert.equal(client.chatkitOptions().api.url, `${SERVER}/behind/api/chatkit`);
  await client.fetch("/api/health");
  assert.equal(server.seen.at(-1)?.url, `${SERVER}/behind/api/health`);
});
