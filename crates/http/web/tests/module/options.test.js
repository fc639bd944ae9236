// The options for ChatKit in both of its modes.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createAutorisen } from "../../autorisen.js";
import { FakeServer, SERVER, setClock, withStorage } from "../support/browser_world.js";

/** @type {FakeServer} */
let server;

beforeEach(() => {
  withStorage();
  setClock();
  server = new FakeServer();
  server.account = "ada";
});

const create = () => createAutorisen({ baseUrl: SERVER, fetch: server.fetch });
const renewals = () => server.count("/api/chatkit/token");

test("both are options of the vendor's component, by its own types", () => {
  const client = create();
  /** @type {import("@openai/chatkit").ChatKitOptions} */
  const own = { ...client.chatkitOptions({ placement: "support", domainKey: "domain_pk_1" }), theme: "dark" };
  /** @type {import("@openai/chatkit").ChatKitOptions} */
  const hosted = client.chatkitOptions({ mode: "hosted" });
  /** @type {"hosted" | "self-hosted"} */
  const configured = "hosted";
  /** @type {import("@openai/chatkit-react").UseChatKitOptions} */
  const either = client.chatkitOptions({ mode: configured });

  assert.deepEqual(Object.keys(own.api), ["url", "domainKey", "fetch", "uploadStrategy"]);
  assert.deepEqual(Object.keys(hosted.api), ["getClientSecret"], "a domain key would be refused there");
  assert.deepEqual(Object.keys(either.api), ["getClientSecret"]);
  assert.equal(client.chatkitOptions().api.domainKey, "localhost");
});

test("a component that begins gets a secret that somebody may have already", async () => {
  const { getClientSecret } = create().chatkitOptions({ mode: "hosted" }).api;
  const secrets = await Promise.all([getClientSecret(null), getClientSecret(null)]);
  assert.deepEqual(secrets, ["ada/1", "ada/1"]);
  assert.equal(await getClientSecret(null), "ada/1");
  assert.equal(renewals(), 1);
});

test("a component that shows its secret never gets it back", async () => {
  const { getClientSecret } = create().chatkitOptions({ mode: "hosted" }).api;
  const first = await getClientSecret(null);
  const next = await Promise.all([getClientSecret(first), getClientSecret(first)]);
  assert.deepEqual(next, ["ada/2", "ada/2"]);
  assert.equal(await getClientSecret(first), "ada/2", "one that comes late gets the new one");
  assert.equal(renewals(), 2);
});

test("a secret is renewed before its end, by one tab for both", async () => {
  const clients = [create(), create()];
  for (const client of clients) await client.me();
  const [one, two] = clients.map((client) => client.chatkitOptions({ mode: "hosted" }).api.getClientSecret);
  const first = await one?.(null);
  setClock(250_000);
  assert.deepEqual(await Promise.all([one?.(first ?? null), two?.(first ?? null)]), ["ada/2", "ada/2"]);
  assert.equal(renewals(), 2);
});
