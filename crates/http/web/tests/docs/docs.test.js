// The page /docs: it shows every operation of the document, within its policy.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertQuiet, visitor } from "../support/app.js";
import { launch } from "../support/browser.js";
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

async function opened() {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${server.url}/docs`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return { context, page };
}

test("every operation and every type of the document is shown", async () => {
  const { context, page } = await opened();
  const document = await (await fetch(`${server.url}/api/openapi.json`)).json();
  const ids = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .map((told) => `op-${told.operationId}`);
  const shown = await page.locator(".operation").evaluateAll((sections) => sections.map((one) => one.id));
  assert.deepEqual(shown.toSorted(), ids.toSorted());
  assert.equal(await page.locator(".type").count(), Object.keys(document.components.schemas).length);
  // What is linked to is there.
  const dead = await page
    .locator("main a, #contents a")
    .evaluateAll((links) =>
      links.map((link) => /** @type {HTMLAnchorElement} */ (link).hash.slice(1)).filter((id) => !document.getElementById(id)),
    );
  assert.deepEqual(dead, []);
  assertQuiet(context);
  await context.close();
});

test("an operation says who may call it, what it takes, and how it fails", async () => {
  const { context, page } = await opened();
  const login = page.locator("#op-login");
  await login.getByText("Anybody.").waitFor();
  await login.getByText("recaptcha_token").first().waitFor();
  await login.getByText("invalid_credentials").first().waitFor();
  const change = page.locator("#op-changePassword");
  await change.getByText("An access token, as a login").waitFor();
  await page.locator("#op-chatkit").getByText("threads.create", { exact: true }).first().waitFor();
  assertQuiet(context);
  await context.close();
});

test("a route is found by a part of its name", async () => {
  const { context, page } = await opened();
  await page.getByRole("searchbox", { name: "Find a route" }).fill("password");
  const links = page.getByRole("navigation", { name: "Contents" }).getByRole("link");
  assert.deepEqual(await links.allTextContents(), ["POST/api/auth/password/change"]);
  await links.first().click();
  assert.equal(new URL(page.url()).hash, "#op-changePassword");
  await page.getByRole("searchbox", { name: "Find a route" }).fill("nothing of the kind");
  await page.getByText("No route is called so.").waitFor();
  assertQuiet(context);
  await context.close();
});

test("an address leads to its operation", async () => {
  const { context, page } = await opened();
  await page.goto(`${server.url}/docs#op-logout`);
  await page.reload();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => {
    const place = document.getElementById("op-logout")?.getBoundingClientRect();
    return place && place.top >= 0 && place.top < innerHeight;
  });
  assertQuiet(context);
  await context.close();
});
