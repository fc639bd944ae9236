// What goes wrong around the page /app: it says what happened, and goes on where it can.

import assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import {
  answered,
  assertQuiet,
  composer,
  items,
  listen,
  newest,
  PASSWORD,
  registered,
  say,
  send,
  signIn,
  visitor,
} from "../support/app.js";
import { launch, launchIn } from "../support/browser.js";
import { Server } from "../support/server.js";

/** @type {Server} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  server = await Server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.end();
});

/** No answer from the server. */
const UNREACHABLE = /ERR_(CONNECTION_|INCOMPLETE_|INTERNET_|EMPTY_|NETWORK_|FAILED).* http:\/\/127\.0\.0\.1/;

/**
 * Ends all sessions of this account, as from another device.
 *
 * @param {string} email
 */
async function endAll(email) {
  const context = await browser.newContext();
  const post = (/** @type {string} */ path, /** @type {object} */ data) =>
    context.request.post(server.url + path, { data });
  assert.ok((await post("/api/auth/login", { email, password: PASSWORD, session: "cookie" })).ok());
  assert.ok((await post("/api/auth/logout", { all_devices: true })).ok());
  await context.close();
}

test("a session that is ended elsewhere ends the chat, and what was written comes back", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "revoked@example.org");
  await say(page, "before");
  await composer(page).fill("a long thought that must not be lost");
  await endAll("revoked@example.org");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page
    .getByText("You have been signed out. What you were writing is kept: sign in to go on.")
    .waitFor();
  assert.equal(await items(page).count(), 0);

  await signIn(page, "revoked@example.org");
  await items(page).getByText("You said: before").waitFor();
  assert.equal(await composer(page).inputValue(), "a long thought that must not be lost");
  await page.keyboard.press("Enter");
  await answered(page, "a long thought");
  assertQuiet(context, [/401 .*\/api\/chatkit(\/token)?$/]);
  await context.close();
});

test("a session that runs out ends the chat in the same way", async () => {
  const context = await visitor(browser);
  await context.clock.install();
  const page = await registered(context, server.url, "expired@example.org");
  await say(page, "before");
  await composer(page).fill("too late");
  // A browser drops the cookie at its end; the chat token has ended by then.
  await context.clearCookies();
  await context.clock.fastForward("06:00");
  await page.keyboard.press("Enter");
  await page
    .getByText("You have been signed out. What you were writing is kept: sign in to go on.")
    .waitFor();
  await signIn(page, "expired@example.org");
  await items(page).getByText("You said: before").waitFor();
  assert.equal(await composer(page).inputValue(), "too late");
  assertQuiet(context, [/401 .*\/api\/chatkit(\/token)?$/]);
  await context.close();
});

test("what was written comes back to nobody else", async () => {
  const context = await visitor(browser);
  await (await registered(await visitor(browser), server.url, "stranger@example.org")).context().close();
  const page = await registered(context, server.url, "owner@example.org");
  await composer(page).fill("for my eyes alone");
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, "stranger@example.org");
  assert.equal(await composer(page).inputValue(), "");
  assertQuiet(context);
  await context.close();
});

test("a session that ends in the middle of an answer stops it and says so", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "midway@example.org");
  await send(page, "!slow");
  await newest(page).getByText("0 1").waitFor();
  await endAll("midway@example.org");
  await page.getByText("You have been signed out.").waitFor();
  await signIn(page, "midway@example.org");
  // The partial text was kept.
  await newest(page).getByText("0 1").waitFor();
  assertQuiet(context, [/401 .*\/api\/chatkit(\/token)?$/]);
  await context.close();
});

test("a server that is started again under an open page is talked to again", async () => {
  const own = await Server.start();
  const context = await visitor(browser);
  const page = await registered(context, own.url, "restart@example.org");
  await say(page, "before");
  await own.stop();
  await send(page, "into the void");
  await page.getByText("The server cannot be reached. Nothing is lost; try again in a moment.").waitFor();
  assert.equal(await composer(page).inputValue(), "into the void");
  await own.start();
  await page.getByRole("button", { name: "Try again" }).click();
  await newest(page).getByText("You said: into the void").waitFor();
  assert.equal(await composer(page).inputValue(), "");
  assert.equal(await page.locator(".foot .alert").count(), 0);
  assertQuiet(context, [UNREACHABLE]);
  await context.close();
  await own.end();
});

test("a server that dies in the middle of an answer leaves on the page what was shown", async () => {
  const own = await Server.start();
  const context = await visitor(browser);
  const page = await registered(context, own.url, "cut@example.org");
  await say(page, "before");
  await send(page, "!slow");
  await newest(page).getByText("0 1 2").waitFor();
  await own.kill();
  await page.getByText("The connection was lost while the answer was written.").waitFor();
  await newest(page).getByText("0 1 2").waitFor();
  await own.start();
  await page.getByRole("button", { name: "Look again" }).click();
  // What nobody has kept is not shown as if somebody had.
  await newest(page).locator(".bubble", { hasText: "!slow" }).waitFor();
  await page.getByRole("link", { name: "New conversation" }).click();
  await say(page, "and on");
  assertQuiet(context, [UNREACHABLE]);
  await context.close();
  await own.end();
});

test("a server that stops lets an answer finish", async () => {
  const own = await Server.start();
  const context = await visitor(browser);
  const page = await registered(context, own.url, "stops@example.org");
  await send(page, "!slow");
  await newest(page).getByText("0 1").waitFor();
  await own.stop();
  await newest(page).getByText("38 39").waitFor();
  assertQuiet(context, [UNREACHABLE]);
  await context.close();
  await own.end();
});

test("a network that is lost and comes back loses no message and sends none twice", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "network@example.org");
  await say(page, "before");
  await context.setOffline(true);
  await page.getByText("You are offline. What you write is kept here").waitFor();
  await send(page, "from a tunnel");
  await page.locator(".foot").getByText("You are offline. Nothing is lost").waitFor();
  assert.equal(await composer(page).inputValue(), "from a tunnel");
  await context.setOffline(false);
  await page.getByText("You are offline. What you write is kept here").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Try again" }).click();
  await newest(page).getByText("You said: from a tunnel").waitFor();

  // The message arrives, and its answer does not.
  await page.route("**/api/chatkit", async (route) => {
    if (!route.request().postData()?.includes("add_user_message")) return route.fallback();
    await route.fetch();
    await route.abort("connectionreset");
  });
  await send(page, "only once");
  await page.locator(".foot").getByText("The server cannot be reached.").waitFor();
  await page.unroute("**/api/chatkit");
  await page.getByRole("button", { name: "Try again" }).click();
  await newest(page).getByText("You said: only once").waitFor();
  assert.equal(await composer(page).inputValue(), "");
  assert.equal(await items(page).locator(".bubble", { hasText: "only once" }).count(), 1);
  assertQuiet(context, [UNREACHABLE]);
  await context.close();
});

test("a page that cannot ask who is signed in says so, and asks again", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.route("**/api/auth/session", (route) => route.abort());
  await page.goto(`${server.url}/app`);
  await page.getByText("The server cannot be reached.").waitFor();
  await page.unroute("**/api/auth/session");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assertQuiet(context, [UNREACHABLE]);
  await context.close();
});

test("faults of fields stand at the fields, and others above the form", async () => {
  const context = await visitor(browser);
  await (await registered(await visitor(browser), server.url, "taken@example.org")).context().close();
  const page = await context.newPage();
  await page.goto(`${server.url}/app#/register`);
  await page.getByRole("button", { name: "Make an account" }).click();
  const first = page.getByLabel("First name");
  assert.equal(await first.getAttribute("aria-invalid"), "true");
  assert.ok(await first.evaluate((field) => field === document.activeElement));

  await first.fill("Ada");
  assert.equal(await first.getAttribute("aria-invalid"), null);
  await page.getByLabel("Last name").fill("Example");
  await page.getByLabel("E-mail address").fill("taken@example.org");
  const password = page.getByLabel("Password", { exact: true });
  // Long enough for the page, and known to everybody.
  await password.fill("password1234");
  await page.keyboard.press("Enter");
  await page.locator(".fault:visible").waitFor();
  const about = await password.evaluate((field) =>
    (field.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent),
  );
  assert.equal(about.length, 2, "the hint and the fault");

  await password.fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("Email already registered.").waitFor();
  assert.equal(await page.getByLabel("E-mail address").inputValue(), "taken@example.org");

  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("E-mail address").fill("taken@example.org");
  await page.getByLabel("Password", { exact: true }).fill("not this one");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("The address or the password is not right.").waitFor();
  assertQuiet(context, [/4\d\d .*\/api\/auth\/(register|login)$/]);
  await context.close();
});

test("a limit says when to try again", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "limit@example.org");
  /** @param {import("playwright-core").Route} route */
  const refuse = (route) =>
    route.fulfill({
      status: 429,
      headers: { "Retry-After": "90", "Content-Type": "application/problem+json" },
      body: JSON.stringify({ status: 429, code: "rate_limited", detail: "The limit for today is reached" }),
    });
  await page.route("**/api/chatkit", refuse);
  await send(page, "one too many");
  await page.locator(".foot").getByText("The limit for today is reached. Try again in 2 minutes.").waitFor();
  await page.unroute("**/api/chatkit", refuse);
  await page.locator(".foot").getByRole("button", { name: "Try again" }).click();
  await newest(page).getByText("You said: one too many").waitFor();
  assertQuiet(context, [/429 .*\/api\/chatkit$/]);
  await context.close();
});

test("a conversation that does not exist says so", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "gone@example.org");
  await page.goto(`${server.url}/app#/chat/thr_00000000000000000000000000000000`);
  await page.getByText("This conversation no longer exists.").waitFor();
  assert.ok(await composer(page).isDisabled());
  await page.getByRole("link", { name: "New conversation" }).click();
  await say(page, "hello");
  assertQuiet(context, [/40\d .*\/api\/chatkit$/]);
  await context.close();
});

test("a browser that keeps no cookies is told why it is not signed in", async () => {
  const folder = await mkdtemp(join(tmpdir(), "autorisen-chromium-"));
  await mkdir(join(folder, "Default"));
  // As the user's own choice in the settings: no site may keep anything.
  const choice = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(folder, "Default", "Preferences"), JSON.stringify(choice));
  const context = await launchIn(folder);
  await listen(context, (route) => route.abort());
  const page = await context.newPage();
  await page.goto(`${server.url}/app`);
  await assert.rejects(
    page.evaluate(() => localStorage.length),
    /SecurityError/,
  );
  await page.getByRole("link", { name: "Make an account" }).click();
  await page.getByLabel("First name").fill("Ada");
  await page.getByLabel("Last name").fill("Example");
  await page.getByLabel("E-mail address").fill("cookieless@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.getByRole("alert").getByText("This browser did not keep the cookie of your session").waitFor();
  assertQuiet(context);
  await context.close();
  await rm(folder, { recursive: true, force: true });
});

test("storage that throws takes nothing away but the news from other tabs", async () => {
  const context = await visitor(browser);
  await context.addInitScript(() => {
    const refuse = () => {
      throw new DOMException("storage is switched off", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches", "BroadcastChannel"]) {
      Object.defineProperty(globalThis, name, { get: refuse });
    }
    Object.defineProperty(navigator, "locks", { get: refuse });
  });
  const page = await registered(context, server.url, "storageless@example.org");
  await say(page, "hello");
  await newest(page).getByText("You said: hello").waitFor();
  await page.reload();
  await items(page).getByText("You said: hello").waitFor();
  assertQuiet(context);
  await context.close();
});
