// The page /app for everybody: by keyboard alone, on a phone, without motion, and read aloud.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  answered,
  assertQuiet,
  composer,
  items,
  newest,
  PASSWORD,
  registered,
  say,
  send,
  visitor,
} from "../support/app.js";
import { launch } from "../support/browser.js";
import { Server } from "../support/server.js";

/** @import { Locator, Page } from "playwright-core" */

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

/** More presses than the page has places. */
const PRESSES = 60;

/**
 * Moves the focus with the keyboard until it is there, and sees that it can be seen.
 *
 * @param {Page} page
 * @param {Locator} target
 * @param {string} [key]
 */
async function tabTo(page, target, key = "Tab") {
  await target.waitFor({ state: "attached" });
  for (let press = 0; press < PRESSES; press += 1) {
    if (await hasFocus(target)) {
      const outline = await target.evaluate(
        (element) =>
          getComputedStyle(element.closest(".composer-row") ?? element).outlineStyle +
          getComputedStyle(element.closest(".composer-row") ?? element).boxShadow,
      );
      assert.notEqual(outline, "nonenone", "what has the focus shows it");
      return;
    }
    await page.keyboard.press(key);
  }
  assert.fail(`${target} cannot be reached`);
}

/** @param {Locator} target */
const hasFocus = (target) => target.evaluate((element) => element === document.activeElement);

test("the whole walk is done by keyboard alone", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${server.url}/app`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  // Where one begins has the focus already.
  assert.ok(await hasFocus(page.getByLabel("E-mail address")));
  await tabTo(page, page.getByRole("link", { name: "Make an account" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Make an account" }).waitFor();
  assert.ok(await hasFocus(page.getByLabel("First name")));
  for (const text of ["Ada", "Example", "keyboard@example.org", PASSWORD]) {
    await page.keyboard.type(text);
    await page.keyboard.press("Tab");
  }
  // Past the button that shows the password.
  await tabTo(page, page.getByRole("button", { name: "Make an account" }));
  await page.keyboard.press("Space");

  await composer(page).waitFor();
  assert.ok(await hasFocus(composer(page)));
  await page.keyboard.type("line one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("line two");
  await page.keyboard.press("Enter");
  await newest(page).getByText("You said: line one").waitFor();
  assert.equal(await page.locator(".bubble .text").textContent(), "line one\nline two");
  assert.ok(await hasFocus(composer(page)), "the next message can be written at once");

  await page.keyboard.type("!slow");
  await page.keyboard.press("Enter");
  await newest(page).getByText("0 1").waitFor();
  await tabTo(page, page.getByRole("button", { name: "Stop" }));
  await page.keyboard.press("Enter");
  await newest(page).getByText("Stopped").waitFor();
  assert.ok(await hasFocus(composer(page)));

  await page.keyboard.type("!form");
  await page.keyboard.press("Enter");
  await answered(page, "!form");
  await tabTo(page, page.getByLabel("High"), "Shift+Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.type("by keyboard");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await newest(page).getByText("You said: !form").waitFor();
  assert.deepEqual(await page.locator(".questions dd").allTextContents(), ["High", "by keyboard"]);

  const remove = page.getByRole("button", { name: /^Delete/ });
  await tabTo(page, remove, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(await hasFocus(remove), "the focus is back where it was");

  const rename = page.getByRole("button", { name: /^Rename/ });
  await tabTo(page, rename, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByLabel("Title", { exact: true }).waitFor();
  await page.keyboard.type("Named by keyboard");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Named by keyboard" }).waitFor();

  await tabTo(page, page.getByRole("link", { name: "Sessions" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your sessions" }).waitFor();
  assert.ok(
    await hasFocus(page.getByRole("heading", { name: "Your sessions" })),
    "the new view is read from its start",
  );
  await tabTo(page, page.getByRole("button", { name: "Sign out here" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assertQuiet(context);
  await context.close();
});

test("the first press of Tab offers to skip to the content", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "skip@example.org");
  await page.getByRole("link", { name: "Sessions" }).click();
  await page.getByRole("heading", { name: "Your sessions" }).waitFor();
  const link = page.getByRole("link", { name: "Skip to content" });
  await tabTo(page, link, "Shift+Tab");
  await page.keyboard.press("Enter");
  assert.ok(await hasFocus(page.locator("main")));
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.querySelector("main")?.contains(document.activeElement)));
  await page.getByRole("heading", { name: "Your sessions" }).waitFor();
  assertQuiet(context);
  await context.close();
});

test("at the width of a phone nothing lies beside the screen", async () => {
  const context = await visitor(browser, {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  });
  const page = await context.newPage();
  await page.goto(`${server.url}/app`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await assertFits(page);
  await page.close();
  const chat = await registered(context, server.url, "someone.with.a.rather.long.address@example.org");
  await assertFits(chat);
  for (const text of [
    "!widget",
    "!form",
    "!workflow",
    "!image",
    "!misc",
    `a long word ${"abcdefghij".repeat(12)}`,
  ])
    await say(chat, text);
  await assertFits(chat);

  await chat.getByRole("button", { name: "Conversations" }).tap();
  const list = chat.getByRole("navigation", { name: "Conversations" });
  await list.getByRole("link", { name: "!widget" }).waitFor();
  await assertFits(chat);
  await chat.keyboard.press("Escape");
  await list.waitFor({ state: "hidden" });
  assert.ok(await hasFocus(chat.getByRole("button", { name: "Conversations" })));
  await chat.getByRole("button", { name: "Conversations" }).tap();
  await list.getByRole("link", { name: "New conversation" }).tap();
  await chat.getByRole("heading", { name: "New conversation" }).waitFor();
  await list.waitFor({ state: "hidden" });

  await chat.getByRole("link", { name: "Sessions" }).tap();
  await chat.locator(".session").waitFor();
  await assertFits(chat);
  assertQuiet(context);
  await context.close();
});

/** @param {Page} page */
async function assertFits(page) {
  const beside = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isOut = (/** @type {Element} */ element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      return own > 1 && !element.closest(".unseen, pre") && (right > width + 1 || left < -1);
    };
    const out = [...document.body.querySelectorAll("*")]
      .filter(isOut)
      .map((element) => element.outerHTML.slice(0, 120));
    return document.documentElement.scrollWidth > width ? ["the page scrolls sideways", ...out] : out;
  });
  assert.deepEqual(beside, []);
  const height = await page.locator(".bar").evaluate((bar) => bar.getBoundingClientRect().height);
  assert.ok(height < 4 * 16, "the bar is one line");
}

test("passwords are masked, may be pasted, and are left to password managers", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${server.url}/app`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  const fields = async () =>
    page.locator("input[name=password]").evaluateAll((inputs) =>
      inputs.map((input) => ({
        type: input.getAttribute("type"),
        autocomplete: input.getAttribute("autocomplete"),
        isPasteHeldUp: !input.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true })),
      })),
    );
  assert.deepEqual(await fields(), [
    { type: "password", autocomplete: "current-password", isPasteHeldUp: false },
  ]);
  await page.goto(`${server.url}/app#/register`);
  await page.getByRole("heading", { name: "Make an account" }).waitFor();
  assert.deepEqual(await fields(), [{ type: "password", autocomplete: "new-password", isPasteHeldUp: false }]);
  assertQuiet(context);
  await context.close();
});

test("nothing moves for those who asked for that", async () => {
  const context = await visitor(browser, { reducedMotion: "reduce" });
  const page = await registered(context, server.url, "still@example.org");
  await send(page, "!slow");
  await newest(page).getByText("0 1").waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  assertQuiet(context);
  await context.close();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`texts stand out from what they lie on: ${colorScheme}`, async () => {
    const context = await visitor(browser, { colorScheme });
    const page = await context.newPage();
    await page.goto(`${server.url}/app`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.deepEqual(await faint(page), []);
    await page.close();
    const chat = await registered(context, server.url, `contrast-${colorScheme}@example.org`);
    for (const text of ["!workflow", "!widget", "!form", "!misc", "!error"]) await say(chat, text);
    assert.deepEqual(await faint(chat), []);
    await chat.getByRole("link", { name: "Sessions" }).click();
    await chat.locator(".session").waitFor();
    assert.deepEqual(await faint(chat), []);
    assertQuiet(context);
    await context.close();
  });
}

/**
 * Texts whose contrast is less than 4.5 to 1 (WCAG 2.2, 1.4.3).
 *
 * @param {Page} page
 */
function faint(page) {
  return page.evaluate(() => {
    /** @param {string} color */
    const parts = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (/** @type {number[]} */ [red = 0, green = 0, blue = 0]) => {
      const linear = (/** @type {number} */ part) =>
        part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    };
    /** @param {Element | null} element @returns {number[]} */
    const ground = (element) => {
      if (!element) return [255, 255, 255];
      const color = parts(getComputedStyle(element).backgroundColor);
      return color.length === 3 || (color[3] ?? 0) > 0 ? color : ground(element.parentElement);
    };
    const isShown = (/** @type {Element} */ element) =>
      element.checkVisibility({ checkOpacity: true }) && !element.closest(".unseen, [disabled], .skip-link");
    const found = [];
    for (const element of document.body.querySelectorAll("*")) {
      const text = [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => node.textContent?.trim())
        .join("");
      if (!text || !isShown(element)) continue;
      const [one = 0, other = 0] = [
        luminance(parts(getComputedStyle(element).color)),
        luminance(ground(element)),
      ].sort((a, b) => b - a);
      const contrast = (one + 0.05) / (other + 0.05);
      if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${text.slice(0, 40)}`);
    }
    return found;
  });
}

test("everything that can be pressed or filled in has a name, and every view one heading", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${server.url}/app`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await assertNamed(page);
  await page.close();
  const chat = await registered(context, server.url, "names@example.org");
  for (const text of ["!widget", "!form", "!image"]) await say(chat, text);
  await items(chat).first().waitFor();
  await assertNamed(chat);
  await chat.getByRole("link", { name: "Sessions" }).click();
  await chat.locator(".session").waitFor();
  await assertNamed(chat);
  assertQuiet(context);
  await context.close();
});

/** @param {Page} page */
async function assertNamed(page) {
  const tree = await page.locator("body").ariaSnapshot();
  const nameless = tree
    .split("\n")
    .filter((line) =>
      /^\s*- (button|link|textbox|checkbox|radio|combobox|img|dialog|navigation|region)( \[[^\]]*\])*:?$/.test(
        line,
      ),
    );
  assert.deepEqual(nameless, [], tree);
  assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
  assert.notEqual(await page.title(), "autorisen");
}
