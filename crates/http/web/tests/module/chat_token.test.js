// Tokens of the chat: who gets them, when they are renewed, and by whom they may be used.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { createAutorisen } from "../../autorisen.js";
import { FakeServer, json, refused, SERVER, setClock, withoutLocks, withoutStorage, withStorage } from "../support/browser_world.js";

const DAY_MS = 86_400_000;
const CHAT = `${SERVER}/api/chatkit`;

/** @type {FakeServer} */
let server;

beforeEach(() => {
  withStorage();
  server = new FakeServer();
  server.account = "ada";
});

afterEach(() => setClock());

/** A tab whose page knows who is signed in. */
async function tab() {
  const client = createAutorisen({ baseUrl: SERVER, fetch: server.fetch });
  await client.me();
  /** @type {string[]} */
  const changes = [];
  client.onChange(({ type, user }) => changes.push(`${type} ${user?.id}`));
  const chat = client.chatkitOptions().api.fetch;
  return { client, changes, chat, say: async (/** @type {string} */ body) => (await chat(CHAT, { method: "POST", body })).json() };
}

const renewals = () => server.count("/api/chatkit/token");
const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

test("a request to our server has the token, and all else that it came with", async () => {
  const { chat } = await tab();
  const { signal } = new AbortController();
  const headers = { "Content-Type": "application/json", "Chatkit-Frame-Instance-Id": "f1", "Accept-Language": "de" };
  const response = await chat(CHAT, { method: "POST", headers, body: '{"type":"threads.list"}', signal });
  assert.deepEqual(await response.json(), { by: "ada" });
  const sent = server.seen.at(-1);
  assert.equal(sent?.headers.get("Authorization"), "Bearer ada/1");
  for (const [name, value] of Object.entries(headers)) assert.equal(sent?.headers.get(name), value);
  assert.equal(sent?.body, '{"type":"threads.list"}');
  assert.equal(sent?.method, "POST");
});

test("a request that is given up is given up at once", async () => {
  const { chat } = await tab();
  const stop = new AbortController();
  server.fault = ({ url, signal }) => {
    if (url !== CHAT) return undefined;
    stop.abort();
    if (signal?.aborted) throw signal.reason;
    return undefined;
  };
  await assert.rejects(chat(CHAT, { method: "POST", body: "{}", signal: stop.signal }), { name: "AbortError" });
});

test("storage elsewhere sees no token and no cookie", async () => {
  const { chat, say } = await tab();
  await say("{}");
  const elsewhere = ["https://storage.example.net/u?sig=1", "https://api.example.org.evil.example/api/chatkit", "http://api.example.org/api/chatkit"];
  for (const url of elsewhere) {
    await chat(url, { method: "PUT", headers: { "X-Amz-Meta": "1" }, body: "bytes" });
    const sent = server.seen.at(-1);
    assert.equal(sent?.url, url);
    assert.equal(sent?.headers.get("Authorization"), null);
    assert.equal(sent?.headers.get("X-Amz-Meta"), "1");
    assert.notEqual(sent?.credentials, "include");
  }
});

test("many requests at once ask for one token", async () => {
  const { say } = await tab();
  await Promise.all(Array.from({ length: 20 }, () => say("{}")));
  assert.equal(renewals(), 1);
});

test("each placement has a token of its own", async () => {
  const { client } = await tab();
  for (const placement of ["support", "money", "support"]) {
    await client.chatkitOptions({ placement }).api.fetch(CHAT, { method: "POST", body: "{}" });
  }
  const asked = server.seen.filter(({ url }) => url === `${CHAT}/token`).map(({ body }) => body);
  assert.deepEqual(asked, ['{"placement":"support"}', '{"placement":"money"}']);
});

test("a token is renewed shortly before its end, whatever the machine's clock says", async () => {
  for (const skewMs of [0, DAY_MS, -DAY_MS]) {
    server.skewMs = skewMs;
    const { say } = await tab();
    const before = renewals();
    await say("{}");
    setClock(200_000);
    await say("{}");
    assert.equal(renewals() - before, 1, "it is good for a while");
    setClock(250_000);
    await say("{}");
    assert.equal(renewals() - before, 2, "and renewed in time");
    setClock();
  }
});

test("where answers do not say what time it is, the machine's clock counts", async () => {
  server.tellsDate = false;
  const { say } = await tab();
  await say("{}");
  setClock(200_000);
  await say("{}");
  assert.equal(renewals(), 1);
  setClock(250_000);
  await say("{}");
  assert.equal(renewals(), 2);
});

test("two tabs go through the end of a token with one renewal", async () => {
  const [first, second] = [await tab(), await tab()];
  await first.say("{}");
  await wait(20);
  await second.say("{}");
  assert.equal(renewals(), 1, "the second tab has heard of the first one's");
  setClock(250_000);
  await Promise.all([first.say("{}"), second.say("{}"), first.say("{}"), second.say("{}")]);
  assert.equal(renewals(), 2);
  const used = server.seen.filter(({ url }) => url === CHAT).map(({ headers }) => headers.get("Authorization"));
  assert.deepEqual(new Set(used.slice(-4)), new Set(["Bearer ada/2"]));
});

test("a tab whose neighbour got no token asks for itself", async () => {
  const [first, second] = [await tab(), await tab()];
  let failures = 1;
  server.fault = ({ url }) => (url.endsWith("/token") && failures-- > 0 ? json(503, { status: 503, code: "unavailable" }) : undefined);
  const [one, two] = await Promise.allSettled([first.say("{}"), second.say("{}")]);
  assert.equal(one.status, "rejected");
  assert.equal(two.status, "fulfilled");
});

test("with storage switched off, or without locks, each tab goes by itself", async () => {
  for (const world of [withoutStorage, withoutLocks]) {
    world();
    const [first, second] = [await tab(), await tab()];
    const before = renewals();
    const said = await Promise.all([first.say("{}"), second.say("{}"), first.say("{}")]);
    assert.deepEqual(said, [{ by: "ada" }, { by: "ada" }, { by: "ada" }]);
    assert.equal(renewals() - before, 2, "one a tab");
  }
});

test("a refused token is replaced once, and the request is sent again whole", async () => {
  const { say, client } = await tab();
  server.fault = ({ headers }) => (headers.get("Authorization") === "Bearer ada/1" ? refused() : undefined);
  assert.deepEqual(await say('{"again":true}'), { by: "ada" });
  const sent = server.seen.filter(({ url }) => url === CHAT);
  assert.deepEqual(
    sent.map(({ headers, body }) => [headers.get("Authorization"), body]),
    [
      ["Bearer ada/1", '{"again":true}'],
      ["Bearer ada/2", '{"again":true}'],
    ],
  );
  const form = new FormData();
  form.append("file", new Blob(["bytes"]), "note.txt");
  server.fault = ({ headers }) => (headers.get("Authorization") === "Bearer ada/2" ? refused() : undefined);
  await client.chatkitOptions().api.fetch(CHAT, { method: "POST", body: form });
  assert.match(server.seen.at(-1)?.body ?? "", /note\.txt[^]*bytes/, "also a file");
});

test("a server that refuses every token is asked twice and no more", async () => {
  const { chat, changes } = await tab();
  server.fault = ({ url }) => (url === CHAT ? refused() : undefined);
  const response = await chat(CHAT, { method: "POST", body: "{}" });
  assert.equal(response.status, 401);
  assert.equal(server.count("/api/chatkit"), 2);
  assert.equal(renewals(), 2);
  assert.deepEqual(changes, [], "for the session is alive");
});

test("a session that has ended is told once, and nothing is tried again", async () => {
  const { say, changes } = await tab();
  await say("{}");
  server.account = null;
  server.ended.add("ada");
  await assert.rejects(say("{}"), { name: "AutorisenError", status: 401, code: "not_authenticated" });
  assert.deepEqual(changes, ["signed-out undefined"]);
  assert.equal(server.count("/api/chatkit"), 2);
  assert.equal(renewals(), 2);
  await assert.rejects(say("{}"), { status: 401, code: "not_authenticated" });
  assert.equal(renewals(), 2, "for it is known");
});

test("after a logout in another tab no token is asked for in vain", async () => {
  const [first, second] = [await tab(), await tab()];
  await second.say("{}");
  await first.client.logout();
  // The news comes while the second tab is at it.
  await wait(6);
  await assert.rejects(second.say("{}"), (/** @type {any} */ { code }) => ["not_authenticated", "account_changed"].includes(code));
  assert.deepEqual(second.changes, ["signed-out undefined"]);
  assert.equal(renewals(), 1);
});

test("while a token is good, a renewal that fails does no harm", async () => {
  const { say } = await tab();
  await say("{}");
  server.fault = ({ url }) =>
    url.endsWith("/token") ? json(503, { status: 503, code: "unavailable", detail: "Later" }, { "Retry-After": "7" }) : undefined;
  setClock(250_000);
  assert.deepEqual(await say("{}"), { by: "ada" });
  setClock(310_000);
  await assert.rejects(say("{}"), { status: 503, code: "unavailable", detail: "Later", retryAfter: 7 });
});

test("what was said for one account is never said for another", async () => {
  for (const world of [withStorage, withoutStorage]) {
    world();
    server.account = "ada";
    server.ended.clear();
    const [first, second] = [await tab(), await tab()];
    await second.say("{}");
    await first.client.login({ email: "bob", password: "x" });
    await assert.rejects(second.say("from ada"), { code: "account_changed" });
    assert.deepEqual(second.changes, ["account-changed bob"]);
    const by = server.seen.filter(({ body, headers }) => body === "from ada" && headers.get("Authorization")?.startsWith("Bearer bob"));
    assert.deepEqual(by, []);
    assert.deepEqual(await second.say("from bob"), { by: "bob" }, "what the page says from now on is");
  }
});

test("a token that arrives after the account has changed is not used", async () => {
  const { client, say } = await tab();
  const said = assert.rejects(say("from ada"), { code: "account_changed" });
  await client.login({ email: "bob", password: "x" });
  await said;
  assert.equal(server.count("/api/chatkit"), 0);
});

test("an account that changes under a request gets nothing of it", async () => {
  const { client, say } = await tab();
  server.fault = async ({ url }) => {
    if (url !== CHAT) return undefined;
    server.account = "bob";
    await client.me();
    return refused();
  };
  await assert.rejects(say("from ada"), { code: "account_changed" });
  assert.equal(server.count("/api/chatkit"), 1);
});

test("nothing of the account before is in the way of the next one", async () => {
  const { client, say } = await tab();
  await say("from ada");
  server.account = "bob";
  await client.me();
  assert.deepEqual(await say("from bob"), { by: "bob" }, "though ada's token would still be good");

  const expires_at = new Date(Date.now() + 600_000).toISOString();
  server.fault = async ({ url }) => {
    if (!url.endsWith("/token")) return undefined;
    server.fault = () => undefined;
    await wait(50);
    return json(200, { client_secret: "bob/late", user_id: "bob", expires_at });
  };
  setClock(250_000);
  const late = assert.rejects(say("from bob"), { code: "account_changed" });
  server.account = "ada";
  await client.me();
  assert.deepEqual(await say("from ada"), { by: "ada" }, "though a renewal for bob is under way");
  await late;
});

test("a tab takes no token of another account from its neighbour", async () => {
  const [first, second] = [await tab(), await tab()];
  server.account = "bob";
  // The second tab has not noticed; the first one gets a token of the new account.
  await first.client.me();
  await first.say("{}");
  await wait(20);
  await assert.rejects(second.say("from ada"), { code: "account_changed" });
  assert.deepEqual(second.changes, ["account-changed bob"], "it finds out by itself");
});
