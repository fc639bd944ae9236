// The page of administrators: who sees it, what they find and do there, and that everybody of them can.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertQuiet, PASSWORD, registered, say, signIn, visitor } from "../support/app.js";
import { launch } from "../support/browser.js";
import { assertFits, assertNamed, faint, hasFocus, tabTo } from "../support/care.js";
import { Server } from "../support/server.js";

/** @import { BrowserContext, BrowserContextOptions, Page } from "playwright-core" */

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

/** What Chromium writes of answers that are meant to be refusals. */
const REFUSED = [/the server responded with a status of 40[139]/];

/**
 * A browser of an administrator.
 *
 * @param {string} email
 * @param {BrowserContextOptions} [options]
 */
async function administrator(email, options) {
  // Made without a page: one that is signed in would be signed out by this, and complain.
  await accounts(email);
  await server.command("user", "set-administrator", email);
  const context = await visitor(browser, options);
  const page = await context.newPage();
  await page.goto(`${server.url}/app`);
  await signIn(page, email);
  await page.close();
  return context;
}

/**
 * @param {BrowserContext} context
 * @param {string} [hash]
 */
async function opened(context, hash = "") {
  const page = await context.newPage();
  await page.goto(`${server.url}/app/admin${hash}`);
  return page;
}

/** Accounts without a browser. @param {...string} emails */
async function accounts(...emails) {
  for (const email of emails) {
    const answer = await fetch(`${server.url}/api/auth/register`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password: PASSWORD, first_name: "Grace", last_name: "Example" }),
    });
    assert.equal(answer.status, 201, await answer.text());
  }
}

/** @param {Page} page @param {string} text */
async function search(page, text) {
  await page.getByLabel("Address begins with").fill(text);
  await page.getByRole("button", { name: "Search" }).click();
}

test("who is signed out or no administrator sees a plain refusal and no data", async () => {
  const context = await visitor(browser);
  const page = await opened(context);
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  assert.equal(await page.getByRole("navigation").count(), 0);
  await page.close();

  await (await registered(context, server.url, "somebody@example.org")).close();
  /** @type {string[]} */
  const given = [];
  context.on("response", async (response) => {
    if (response.url().includes("/api/admin") && response.ok()) given.push(response.url());
  });
  for (const hash of ["", "#/overview", "#/limits", "#/users", "#/users/0198c5a1-6c34-7000-8000-000000000001", "#/audit"]) {
    const page = await opened(context, hash);
    await page.getByRole("heading", { name: "Not for this account" }).waitFor();
    assert.equal(await page.getByRole("navigation").count(), 0);
    assert.ok(!(await page.locator("body").innerText()).includes("@"), "no address is there");
    await assertNamed(page);
    await page.close();
  }
  assert.deepEqual(given, []);
  assertQuiet(context, REFUSED);
  await context.close();
});

test("an administrator finds an account, ends its sessions and shuts it out, and reads that in the audit", async () => {
  const context = await administrator("root@example.org");
  const grace = await visitor(browser);
  const theirs = await registered(grace, server.url, "grace@example.org");
  const page = await opened(context);
  await page.getByRole("link", { name: "Users" }).click();
  await search(page, "GRA");
  await page.getByRole("link", { name: "grace@example.org" }).click();
  await page.getByRole("heading", { level: 1, name: "grace@example.org" }).waitFor();
  await page.getByRole("button", { name: /^End the session of/ }).click();
  await page.getByText("Nobody is signed in to this account.").waitFor();
  await theirs.reload();
  await theirs.getByRole("heading", { name: "Sign in" }).waitFor();

  await signIn(theirs, "grace@example.org");
  await page.reload();
  await page.getByRole("button", { name: "End all sessions" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End all" }).click();
  await page.getByText("Nobody is signed in to this account.").waitFor();

  await page.getByRole("button", { name: "Disable this account" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Disable this account" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await page.getByText("Disabled", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Enable this account" }).click();
  await page.getByRole("button", { name: "Disable this account" }).waitFor();
  assert.equal(await page.getByText("Disabled", { exact: true }).count(), 0);

  await page.getByRole("link", { name: "What happened to it" }).click();
  await page.locator(".entry").first().waitFor();
  const words = await page.locator(".entry strong").allTextContents();
  const acts = words.filter(
    (word) => !word.startsWith("administrator.looked.") && !word.startsWith("login."),
  );
  assert.deepEqual(acts, [
    "account.enabled",
    "account.disabled",
    "account.sessions_ended",
    "session.ended.administrator",
    "account.registered",
  ]);
  const row = page.locator(".entry", { hasText: "account.disabled" });
  await row.getByText("By the administrator").getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: "root@example.org" }).waitFor();
  await page.getByText("Administrator", { exact: true }).waitFor();

  // Nobody shuts themselves out.
  await page.getByRole("button", { name: "Disable this account" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await page.getByRole("alert").getByText("Nobody shuts out the account that they ask from.").waitFor();
  assertQuiet(context, REFUSED);
  await context.close();
  await grace.close();
});

test("who is an administrator no longer is shown nothing more", async () => {
  const context = await administrator("former@example.org");
  const page = await opened(context, "#/users");
  await page.locator(".entry").first().waitFor();
  await server.command("user", "set-administrator", "former@example.org", "--remove");
  await search(page, "f");
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  assert.equal(await page.locator(".entry").count(), 0);
  assertQuiet(context, REFUSED);
  await context.close();
});

test("long lists are shown page by page", async () => {
  const context = await administrator("pages@example.org");
  await accounts(...Array.from({ length: 51 }, (_, n) => `many-${String(n).padStart(2, "0")}@example.org`));
  const page = await opened(context, "#/users");
  await search(page, "many-");
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByRole("link", { name: "many-50@example.org" }).waitFor();
  assert.equal(await page.locator(".entry").count(), 51);
  assert.ok(await hasFocus(page.getByRole("link", { name: "many-50@example.org" })), "one goes on there");
  assert.ok(await page.getByRole("button", { name: "Show more" }).isHidden());
  await search(page, "nobody-at-all");
  await page.getByText("No address begins like this.").waitFor();
  await search(page, "two words");
  await page.locator(".fault", { hasText: "No address begins like this." }).waitFor();
  assertQuiet(context, [...REFUSED, /status of 422/]);
  await context.close();
});

test("all of it is done by keyboard alone", async () => {
  const context = await administrator("keys@example.org");
  const page = await opened(context, "#/users");
  await page.locator(".entry").first().waitFor();
  assert.ok(await hasFocus(page.getByRole("heading", { level: 1 })), "a view is read from its start");
  await tabTo(page, page.getByLabel("Address begins with"));
  await page.keyboard.type("keys@");
  await page.keyboard.press("Enter");
  const found = page.getByRole("link", { name: "keys@example.org" });
  await tabTo(page, found);
  await page.keyboard.press("Enter");
  await page.locator(".session").waitFor();
  await tabTo(page, page.getByRole("button", { name: "Disable this account" }));
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await tabTo(page, page.getByRole("link", { name: "Audit" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Audit" }).waitFor();
  await tabTo(page, page.getByRole("link", { name: "Skip to content" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  assert.ok(await hasFocus(page.locator("main")));
  assertQuiet(context);
  await context.close();
});

const DAYS = ["2026-01-30", "2026-01-31"];
const counts = (/** @type {number} */ tokens, /** @type {number} */ opened) => ({
  token_issued: tokens,
  chat_opened: opened,
  first_answer: 1,
  answer_finished: 3,
  answer_stopped: 1,
  answer_failed: 0,
});
const REPORT = {
  days: DAYS,
  chats: [{ placement: "support", total: counts(8, 4), daily: [counts(6, 4), counts(2, 0)] }],
  tracked: [{ event_type: "<b>view</b>", step: "one", count: 12 }],
  tracked_is_cut: true,
  limits: [{ action: "chat_token", total: 5, daily: [5, 0] }],
};

/** What is asked of the report is answered with this. @param {BrowserContext} context */
async function reported(context) {
  /** @type {string[]} */
  const asked = [];
  await context.route("**/api/admin/report?*", async (route) => {
    asked.push(new URL(route.request().url()).search);
    await route.fulfill({ json: REPORT });
  });
  return asked;
}

test("the overview draws the funnel and the curves, and says the same in tables", async () => {
  const context = await administrator("plots@example.org");
  const asked = await reported(context);
  const page = await opened(context);
  const funnel = page.getByRole("table", { name: "How far chats came" });
  await funnel.waitFor();
  const rows = await funnel.locator("tbody tr").allInnerTexts();
  assert.deepEqual(
    rows.map((row) => row.split(/\s*[\t\n]\s*/)),
    [
      ["Token issued", "8", "100 %"],
      ["Chat opened", "4", "50 %"],
      ["First answer", "1", "13 %"],
    ],
  );
  const widths = await funnel.locator("rect").evaluateAll((bars) => bars.map((bar) => bar.getAttribute("width")));
  assert.deepEqual(widths, ["100.00", "50.00", "12.50"]);

  const plot = page.getByRole("img", { name: "By day, 2026-01-30 to 2026-01-31: Token issued 8" });
  assert.equal(await plot.locator("polyline").count(), 6);
  // The scale ends at ten: six of ten is four tenths from the top.
  assert.equal(await plot.locator("polyline").first().getAttribute("points"), "0.00,40.00 100.00,80.00");
  await page.getByText("As a table").click();
  const table = page.getByRole("region", { name: "By day" }).getByRole("table");
  assert.deepEqual(await table.locator("tbody tr").first().locator("td").allInnerTexts(), [
    ...["6", "4", "1", "3", "1", "0"],
  ]);

  await page.getByRole("rowheader", { name: "<b>view</b> · one" }).waitFor();
  await page.getByText("There were more kinds of events than are shown.").waitFor();
  await page.getByLabel("The last").selectOption("7 days");
  await page.waitForFunction(() => document.querySelector('.report[aria-busy="false"]') !== null);
  assert.deepEqual(asked, ["?days=30", "?days=7"]);

  await page.getByRole("link", { name: "Limits" }).click();
  await page.getByRole("rowheader", { name: "chat token" }).waitFor();
  await page.getByRole("img", { name: "By day, 2026-01-30 to 2026-01-31: chat token 5." }).waitFor();
  assertQuiet(context);
  await context.close();
});

test("what happens in chats comes to the overview", async () => {
  const context = await administrator("counted@example.org");
  const chat = await context.newPage();
  await chat.goto(`${server.url}/app`);
  await say(chat, "hello");
  const page = await opened(context);
  const row = page.getByRole("row", { name: /^First answer/ });
  // What is counted is stored in a moment.
  for (let look = 0; look < 60 && !(await row.isVisible()); look += 1) {
    await page.waitForTimeout(500);
    await page.reload();
    await page.locator('.report[aria-busy="false"]').waitFor();
  }
  await row.waitFor();
  assertQuiet(context);
  await context.close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`on a phone everything fits, has a name, and stands out: ${colorScheme}`, async () => {
    const options = { colorScheme, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const context = await administrator(`phone-${colorScheme}.with.a.long.address@example.org`, options);
    await reported(context);
    const page = await opened(context);
    await page.locator(".plot").waitFor();
    const look = async () => {
      await assertFits(page);
      await assertNamed(page);
      assert.deepEqual(await faint(page), []);
    };
    await look();
    await page.getByText("As a table").click();
    await look();
    await page.getByRole("link", { name: "Limits" }).click();
    await page.getByRole("rowheader", { name: "chat token" }).waitFor();
    await look();
    await page.getByRole("link", { name: "Users" }).click();
    await page.locator(".entry").first().waitFor();
    await look();
    await search(page, "phone-");
    await page.getByRole("link", { name: `phone-${colorScheme}` }).click();
    await page.locator(".session").waitFor();
    await look();
    await page.getByRole("link", { name: "Audit" }).click();
    await page.locator(".entry").first().waitFor();
    await look();
    assertQuiet(context);
    await context.close();
  });
}
