// Every part of an answer, as the scripted responder sends it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  answered,
  assertQuiet,
  composer,
  items,
  newest,
  registered,
  say,
  send,
  visitor,
} from "../support/app.js";
import { launch } from "../support/browser.js";
import { Server } from "../support/server.js";

/** @type {Server} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").BrowserContext} */
let context;
/** @type {import("playwright-core").Page} */
let page;
before(async () => {
  server = await Server.start();
  browser = await launch();
  context = await visitor(browser);
  page = await registered(context, server.url, "commands@example.org");
});
after(async () => {
  await browser?.close();
  await server?.end();
});

/** Each of them in a conversation of its own. @param {string} name @param {() => Promise<void>} body */
const each = (name, body) =>
  test(name, async () => {
    await page.getByRole("link", { name: "New conversation" }).click();
    await page.getByRole("heading", { name: "New conversation" }).waitFor();
    await body();
    assertQuiet(context);
  });

each("!title: the server's title counts", async () => {
  await say(page, "!title");
  await page.getByRole("heading", { name: "Renamed by server" }).waitFor();
  await page.getByRole("link", { name: "Renamed by server" }).waitFor();
});

each("!lock: a locked conversation can be read, and says why nothing can be written", async () => {
  await send(page, "!lock");
  await page.getByText("This conversation is locked: held.").waitFor();
  assert.ok(await composer(page).isDisabled());
  await newest(page).getByText("locked").waitFor();
  await page.getByRole("link", { name: "!lock locked" }).waitFor();
  await page.reload();
  await page.getByText("This conversation is locked: held.").waitFor();
  assert.ok(await composer(page).isDisabled());
});

each("!tool: the page does what it is asked for, and the answer goes on", async () => {
  await send(page, "!tool");
  await newest(page).getByText("You said: !tool").waitFor();
  await items(page).getByText("This page was asked for get_selection, and answered.").waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
});

each("!tool: a call that was left over can be answered later", async () => {
  /** @param {import("playwright-core").Route} route */
  const block = (route) =>
    route.request().postData()?.includes("add_client_tool_output") ? route.abort() : route.fallback();
  await page.route("**/api/chatkit", block);
  await send(page, "!tool");
  await page.getByText("The server cannot be reached.").waitFor();
  await page.unroute("**/api/chatkit", block);
  await page.reload();
  await page.getByRole("button", { name: "Go on" }).click();
  await newest(page).getByText("You said: !tool").waitFor();
  assertQuiet(context, [/ERR_FAILED .*\/api\/chatkit$/]);
  await fresh();
});

each("!widget: text grows, and a button acts", async () => {
  await say(page, "!widget");
  const widget = page.locator(".widget");
  await widget.getByText("Hello", { exact: true }).waitFor();
  await widget.getByRole("button", { name: "Go" }).click();
  await newest(page).getByText("action go").waitFor();
});

each("!form: questions are answered with the keyboard or the mouse", async () => {
  await say(page, "!form");
  await page.getByRole("group", { name: "Priority?" }).getByLabel("High").check();
  await page.getByLabel("Notes?").fill("soon");
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await newest(page).getByText("You said: !form").waitFor();
  assert.deepEqual(await page.locator(".questions dd").allTextContents(), ["High", "soon"]);
  await page.reload();
  await newest(page).getByText("You said: !form").waitFor();
  assert.deepEqual(await page.locator(".questions dd").allTextContents(), ["High", "soon"]);
});

each("!form: questions are skipped", async () => {
  await say(page, "!form");
  await page.getByRole("button", { name: "Skip" }).click();
  await page.getByText("You skipped these questions.").waitFor();
  await newest(page).getByText("You said: !form").waitFor();
});

each("!workflow: steps can be looked at", async () => {
  await say(page, "!workflow");
  await page.getByText("Thought for 1 second").click();
  await page.getByText("first, then second").waitFor();
  await page.getByText("One step").waitFor();
  await newest(page).getByText("done thinking").waitFor();
});

each("!image: a generated image is shown", async () => {
  await say(page, "!image");
  const image = page.getByRole("img", { name: "Image made by the answer" });
  await image.waitFor();
  assert.equal(await image.evaluate((shown) => /** @type {HTMLImageElement} */ (shown).naturalWidth), 1);
  assert.equal(await page.getByRole("progressbar").count(), 0, "nothing is being made any more");
});

each("!hidden: what is hidden is not on the page", async () => {
  await say(page, "!hidden");
  await newest(page).getByText("visible").waitFor();
  assert.doesNotMatch(await page.content(), /TOPSECRET/);
});

each("!misc: progress, effect, notice, source, and an item that is taken back", async () => {
  await say(page, "!misc");
  await page.locator("#alerts").getByText("hi", { exact: true }).waitFor();
  await page.getByText("Careful").waitFor();
  assert.equal(
    await page.locator(".foot .markdown strong", { hasText: "care" }).count(),
    1,
    "a notice is Markdown",
  );
  const source = page.getByRole("link", { name: "Example" });
  assert.equal(await source.getAttribute("href"), "https://example.org/");
  assert.match((await source.getAttribute("rel")) ?? "", /noopener/);
  assert.equal(await items(page).getByText("never mind").count(), 0);
});

each("!boom: a fault that may be tried again offers that", async () => {
  await say(page, "!boom");
  await page.getByText("Something went wrong while the answer was written.").waitFor();
  assert.equal(await items(page).count(), 1, "the message stays");
  await page.getByRole("button", { name: "Try again" }).click();
  // A retry is answered as a plain message is.
  await newest(page).getByText("You said: !boom").waitFor();
});

each("!error: a fault that may not says so in the server's words", async () => {
  await say(page, "!error");
  await page.getByText("Quota exhausted.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
});

each("!slow: what comes is read out once, at its end", async () => {
  await page.evaluate(() => {
    const told = /** @type {string[]} */ ([]);
    Object.assign(globalThis, { told });
    const status = document.getElementById("announcer");
    if (status)
      new MutationObserver(() => told.push(status.textContent ?? "")).observe(status, { childList: true });
  });
  await say(page, "!slow");
  const told = await page.evaluate(() => /** @type {any} */ (globalThis).told);
  assert.equal(told.length, 2, told.join("\n"));
  assert.equal(told[0], "The answer is being written.");
  assert.match(told[1], /^Answer: 0 1 2 .* 39/);
});

each("files go with a message, and are taken back", async () => {
  await page.getByLabel("Choose files").setInputFiles([
    { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("hello") },
    { name: "other.txt", mimeType: "text/plain", buffer: Buffer.from("not this one") },
  ]);
  await page.getByRole("button", { name: "Remove other.txt" }).click();
  await page.getByText("other.txt").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Remove note.txt" }).waitFor();
  await say(page, "with a file");
  await page.locator(".user-message .files").getByText("note.txt").waitFor();
  assert.equal(await page.locator(".composer .files li").count(), 0);

  await page
    .getByLabel("Choose files")
    .setInputFiles({ name: "tool.exe", mimeType: "application/x-msdownload", buffer: Buffer.from("MZ") });
  await page.locator(".foot").getByText("tool.exe").waitFor();
  await answered(page, "with a file");
  assertQuiet(context, [/422 .*\/api\/chatkit$/, /ERR_FAILED .*\/api\/chatkit$/]);
  await fresh();
});

each("what comes as text is never read as HTML", async () => {
  const text = `<img src=x onerror="document.title='owned'"> [a](javascript:alert(1)) [b](https://example.org/x) **bold**`;
  await say(page, text);
  const answer = newest(page).locator(".markdown");
  assert.equal(await answer.locator("img, script").count(), 0);
  assert.deepEqual(
    await answer.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href"))),
    ["https://example.org/x"],
  );
  assert.equal(await answer.locator("strong").textContent(), "bold");
  assert.notEqual(await page.title(), "owned");
});

/** What was complained of on purpose is not to be found by the tests that follow. */
async function fresh() {
  const state = await context.storageState();
  await context.close();
  context = await visitor(browser, { storageState: state });
  page = await context.newPage();
  await page.goto(`${server.url}/app`);
  await composer(page).waitFor();
}
