// The page /app in a browser, and what its visitors do there.

import assert from "node:assert/strict";

/** @import { Browser, BrowserContext, BrowserContextOptions, Page, Route } from "playwright-core" */

export const VENDOR = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
export const PASSWORD = "purple elephants dance slowly";

/** What Chromium writes by itself when something does not come, and is meant not to. */
const EXPECTED = [
  // The vendor's script, in a browser without a network.
  new RegExp(`ERR_FAILED.* ${VENDOR}$`),
];

/** @type {WeakMap<BrowserContext, string[]>} */
const complaints = new WeakMap();

/**
 * A browser of somebody, whose vendor's script does not come unless `vendor` says what does.
 *
 * @param {Browser} browser
 * @param {BrowserContextOptions & {vendor?: (route: Route) => unknown}} [options]
 */
export async function visitor(browser, { vendor = (route) => route.abort(), ...options } = {}) {
  const context = await browser.newContext(options);
  await listen(context, vendor);
  return context;
}

/**
 * Notes every error of the pages of this context.
 *
 * @param {BrowserContext} context
 * @param {(route: Route) => unknown} vendor
 */
export async function listen(context, vendor) {
  /** @type {string[]} */
  const noted = [];
  complaints.set(context, noted);
  await context.route(VENDOR, vendor);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      console.error(`policy violated: ${violatedDirective} ${blockedURI}`);
    });
  });
  context.on("console", (message) => {
    if (message.type() === "error") noted.push(`${message.text()} ${message.location().url}`);
  });
  context.on("weberror", (error) => noted.push(`thrown: ${error.error().stack}`));
}

/**
 * Nothing was complained of but what these patterns name.
 *
 * @param {BrowserContext} context
 * @param {RegExp[]} [expected]
 */
export function assertQuiet(context, expected = []) {
  const known = [...EXPECTED, ...expected];
  const others = (complaints.get(context) ?? []).filter(
    (text) => !known.some((pattern) => pattern.test(text)),
  );
  assert.deepEqual(others, []);
}

/**
 * Opens the page, makes an account, and waits for the chat.
 *
 * @param {BrowserContext} context
 * @param {string} url of the server
 * @param {string} email
 */
export async function registered(context, url, email) {
  const page = await context.newPage();
  await page.goto(`${url}/app`);
  await page.getByRole("link", { name: "Make an account" }).click();
  await page.getByLabel("First name").fill("Ada");
  await page.getByLabel("Last name").fill("Example");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make an account" }).click();
  await composer(page).waitFor();
  return page;
}

/**
 * @param {Page} page
 * @param {string} email
 */
export async function signIn(page, email) {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await composer(page).waitFor();
}

/** @param {Page} page */
export const composer = (page) => page.getByRole("textbox", { name: "Message" });

/** The items of the conversation that is shown. @param {Page} page */
export const items = (page) => page.locator(".items > li");

/** The newest of them. @param {Page} page */
export const newest = (page) => items(page).last();

/**
 * Sends a message, and does not wait for the answer.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function send(page, text) {
  await composer(page).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/**
 * Sends a message, and waits until its answer is finished.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function say(page, text) {
  await send(page, text);
  await answered(page, text);
}

/**
 * Waits until the message is there, and its answer finished.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function answered(page, text) {
  await page.locator(".user-message .text", { hasText: text }).last().waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
}
