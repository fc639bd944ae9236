// The React code of docs/frontend.md, with the vendor's own bindings, in a page of another origin.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { launch } from "../support/browser.js";
import { block } from "../support/document.js";
import { HostedStub } from "../support/hosted_stub.js";
import { esbuild, NODE_MODULES } from "../support/packages.js";
import { Server } from "../support/server.js";

const PASSWORD = "correct horse battery staple";
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const VENDOR = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";

/** @type {Server} */
let server;
/** The server, by the name that is of the page's site. */
let api = "";
let page = "";
/** @type {Map<string, { type: string, body: string }>} */
const files = new Map();
let policy = "";
/** @type {import("node:http").Server} */
let pages;
/** @type {import("playwright-core").Browser} */
let browser;
let folder = "";

before(async () => {
  pages = createServer(({ url = "" }, response) => {
    const { type, body } = files.get(new URL(url, page).pathname) ?? { type: "text/plain", body: "" };
    response.writeHead(body ? 200 : 404, { "Content-Type": `${type}; charset=utf-8`, "Content-Security-Policy": policy }).end(body);
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = pages.address();
  assert.ok(address && typeof address === "object");
  page = `http://localhost:${address.port}`;

  server = await Server.start({ FRONTEND_ORIGIN: page });
  api = server.url.replace("127.0.0.1", "localhost");
  policy = (await block("## What a page has to allow")).trim().replace("https://api.example.org", api);
  folder = await mkdtemp(join(NODE_MODULES, "..", "react-"));
  browser = await launch();

  const person = { email: "ada@example.org", password: PASSWORD, first_name: "Ada", last_name: "Example" };
  const made = await fetch(`${server.url}/api/auth/register`, { method: "POST", body: JSON.stringify(person) });
  assert.equal(made.status, 201);
});

after(async () => {
  await browser?.close();
  await server?.end();
  pages?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Puts a page together, as Vite would. @param {string} entry */
async function build(entry) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    jsx: "automatic",
    nodePaths: [NODE_MODULES],
    define: { "import.meta.env.VITE_AUTORISEN_URL": JSON.stringify(api), "process.env.NODE_ENV": '"development"' },
    write: false,
    logLevel: "error",
  });
  const head = await block("In the head of `index.html`");
  const html = `<!doctype html><title>A page</title>${head}<div id="root"></div><script type="module" src="/page.js"></script>`;
  files.set("/", { type: "text/html", body: html });
  files.set("/page.js", { type: "text/javascript", body: outputFiles[0]?.text ?? "" });
}

/** The project that somebody has who does what the documentation says. */
async function copyFromDocumentation() {
  const module = await (await fetch(`${server.url}/autorisen.js`)).text();
  const sources = { "autorisen.js": module, "chat.jsx": await block("`src/chat.jsx`"), "main.jsx": await block("`src/main.jsx`") };
  for (const [name, source] of Object.entries(sources)) await writeFile(join(folder, name), source);
  return join(folder, "main.jsx");
}

/** Opens a page, in a browser of its own where the vendor's script is the stand-in. */
async function open(path = "/") {
  const context = await browser.newContext();
  await context.route(VENDOR, (route) => route.fulfill({ contentType: "text/javascript", path: here("stand_in.js") }));
  const tab = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  tab.on("pageerror", (error) => faults.push(error.message));
  tab.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  /** @type {import("playwright-core").Request[]} */
  const posts = [];
  tab.on("request", (request) => request.method() === "POST" && posts.push(request));
  await tab.goto(`${page}${path}?server=${encodeURIComponent(api)}`);
  return { tab, faults, posts };
}

/** @param {import("playwright-core").Page} tab @param {string} name */
const shown = (tab, name) => tab.locator(`openai-chatkit output[data-name=${name}]`).first();

test("the provider is under 15 lines", async () => {
  const lines = (await block("`src/chat.jsx`")).trim().split("\n");
  assert.ok(lines.length < 15, `${lines.length} lines`);
});

test("the page of the documentation signs in, chats, and notices that the session has ended", async () => {
  await build(await copyFromDocumentation());
  const { tab, faults, posts } = await open();
  await tab.getByLabel("E-mail").fill("ada@example.org");
  await tab.getByLabel("Password").fill(PASSWORD);
  await tab.getByRole("button", { name: "Sign in" }).click();
  await shown(tab, "answer").waitFor();
  assert.match((await shown(tab, "answer").textContent()) ?? "", /You said: hello from a page/);

  const [chat, ...more] = posts.filter((request) => request.url() === `${api}/api/chatkit`);
  assert.deepEqual(more, []);
  assert.match((await chat?.headerValue("authorization")) ?? "", /^Bearer ey/);
  const tokens = posts.filter((request) => request.url() === `${api}/api/chatkit/token`);
  assert.deepEqual(tokens.map((request) => request.postData()), ['{"placement":"support"}']);
  assert.deepEqual(faults, []);

  await tab.evaluate((url) => fetch(url, { method: "POST", credentials: "include" }), `${api}/api/auth/logout`);
  await tab.locator("openai-chatkit").evaluate((element) => /** @type {any} */ (element).again());
  await tab.getByRole("button", { name: "Sign in" }).waitFor();
  await tab.context().close();
});

test("the page without React chats as whoever is signed in", async () => {
  const html = (await block("## Without React")).replaceAll("https://api.example.org", api);
  files.set("/plain", { type: "text/html", body: `<!doctype html><title>A page</title>${html}` });
  // What the documentation says of the policy, and that the script stands in the page itself.
  const [strict, inline] = [policy, policy.replace("script-src 'self'", `script-src 'self' 'unsafe-inline' ${api}`)];
  policy = inline;
  const { tab, faults } = await open("/plain");
  const login = { method: "POST", credentials: "include", body: JSON.stringify({ email: "ada@example.org", password: PASSWORD, session: "cookie" }) };
  await tab.evaluate(([url, init]) => fetch(url, init), /** @type {[string, RequestInit]} */ ([`${api}/api/auth/login`, login]));
  await tab.reload();
  await shown(tab, "answer").waitFor();
  assert.match((await shown(tab, "answer").textContent()) ?? "", /You said: hello from a page/);
  assert.deepEqual(faults, []);
  policy = strict;
  await tab.context().close();
});

test("in hosted mode the component gets a secret, and a new one for the old", async () => {
  const stub = await HostedStub.start();
  await server.stop();
  server.settings = { ...server.settings, ...stub.settings };
  await server.start();
  await build(here("hosted.jsx"));
  const { tab, faults } = await open();
  await shown(tab, "next").waitFor();
  const [secret, next] = [await shown(tab, "secret").textContent(), await shown(tab, "next").textContent()];
  assert.match(secret ?? "", /^ek_/);
  assert.match(next ?? "", /^ek_/);
  assert.notEqual(secret, next);
  assert.deepEqual(faults, []);
  await tab.context().close();
  await stub.end();
});
