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
import { assertFits, assertNamed, faint, hasFocus, tabTo } from "../support/care.js";
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
  assert.deepEqual(await fields(), [
    { type: "password", autocomplete: "new-password", isPasteHeldUp: false },
  ]);
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
