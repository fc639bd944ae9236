// What a new user does on the page /app, from the account to the end of the session.

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
  signIn,
  visitor,
} from "../support/app.js";
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

test("the address of the server leads to the page", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(server.url);
  assert.equal(new URL(page.url()).pathname, "/app");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assertQuiet(context);
  await context.close();
});

test("a new user registers, chats, and finds the conversation again", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "walk@example.org");
  await say(page, "hello there");
  assert.equal(await newest(page).locator(".markdown").textContent(), "You said: hello there");
  // A conversation that got no title from the server is called by how it begins.
  await page
    .getByRole("navigation", { name: "Conversations" })
    .getByRole("link", { name: "hello there" })
    .waitFor();

  await page.getByRole("link", { name: "New conversation" }).click();
  await say(page, "something else");
  await page.getByRole("link", { name: "hello there" }).click();
  await items(page).getByText("You said: hello there").waitFor();
  assert.equal(await items(page).getByText("You said: something else").count(), 0);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await items(page).getByText("You said").count(), 0, "nothing of the chat is left");
  await signIn(page, "walk@example.org");
  await page.getByRole("link", { name: "something else" }).click();
  await items(page).getByText("You said: something else").waitFor();
  assertQuiet(context);
  await context.close();
});

test("a stopped answer keeps what was shown, and the next message is taken at once", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "stop@example.org");
  await send(page, "!slow");
  await newest(page).getByText("0 1 2").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await newest(page).getByText("Stopped").waitFor();
  const shown = (await newest(page).locator(".markdown").textContent()) ?? "";
  assert.match(shown, /^0 1 2/);
  assert.doesNotMatch(shown, /39/);

  await say(page, "go on");
  await items(page).getByText("You said: go on").waitFor();
  await page.reload();
  await items(page).getByText("You said: go on").waitFor();
  const kept = (await items(page).nth(1).locator(".markdown").textContent()) ?? "";
  assert.ok(kept.startsWith(shown.trim()), `${kept} begins with ${shown}`);
  assertQuiet(context);
  await context.close();
});

test("a reload in the middle of an answer shows its partial text", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "reload@example.org");
  await send(page, "!slow");
  await newest(page).getByText("0 1 2").waitFor();
  await page.reload();
  await newest(page).getByText("0 1 2").waitFor();
  assert.doesNotMatch((await newest(page).textContent()) ?? "", /39/);
  await say(page, "and on");
  assertQuiet(context);
  await context.close();
});

test("an answer goes on while its user looks elsewhere", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "elsewhere@example.org");
  await send(page, "!slow");
  await newest(page).getByText("0 1").waitFor();
  await page.getByRole("link", { name: "Sessions" }).click();
  await page.getByRole("heading", { name: "Your sessions" }).waitFor();
  await page.getByRole("link", { name: "Chat" }).click();
  await newest(page).getByText("0 1").waitFor();
  await page.getByRole("link", { name: "New conversation" }).click();
  await say(page, "meanwhile");
  await page.goBack();
  await newest(page).getByText("38 39").waitFor();
  assertQuiet(context);
  await context.close();
});

test("a message is answered again in place of what came after it", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "again@example.org");
  await say(page, "first");
  await say(page, "second");
  await page.getByRole("button", { name: "Answer again" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Answer again?" });
  await dialog.getByRole("button", { name: "Answer again" }).click();
  await page.getByText("second", { exact: true }).waitFor({ state: "detached" });
  await answered(page, "first");
  assert.deepEqual(await page.locator(".items .text, .items .markdown").allTextContents(), [
    "first",
    "You said: first",
  ]);
  assertQuiet(context);
  await context.close();
});

test("conversations are renamed and deleted, and long lists come in pages", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "list@example.org");
  await say(page, "keep me");
  await page.evaluate(async () => {
    const input = { content: [{ type: "input_text", text: "hi" }], attachments: [], inference_options: {} };
    for (let at = 0; at < 24; at += 1) {
      const body = JSON.stringify({ type: "threads.create", params: { input } });
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch("/api/chatkit", { method: "POST", headers, body });
      await answer.text();
    }
  });
  await page.reload();
  await composer(page).waitFor();
  const list = page.locator(".threads > li");
  await page.getByRole("button", { name: "Show more" }).waitFor();
  assert.equal(await list.count(), 20);
  await page.getByRole("button", { name: "Show more" }).click();
  await list.nth(24).waitFor();
  assert.equal(await list.count(), 25);

  await page.getByRole("button", { name: "Rename “keep me”" }).click();
  await page.getByLabel("Title", { exact: true }).fill("Kept");
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await page.getByRole("link", { name: "Kept" }).waitFor();
  await page.getByRole("heading", { name: "Kept" }).waitFor();

  await page.getByRole("button", { name: "Delete “Kept”" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal(await list.count(), 25);
  await page.getByRole("button", { name: "Delete “Kept”" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("link", { name: "Kept" }).waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "New conversation" }).waitFor();
  assertQuiet(context);
  await context.close();
});

test("older messages come when they are asked for", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "older@example.org");
  await say(page, "message 0");
  const thread = new URL(page.url()).hash.replace("#/chat/", "");
  await page.evaluate(async (thread) => {
    for (let at = 1; at <= 20; at += 1) {
      const input = {
        content: [{ type: "input_text", text: `message ${at}` }],
        attachments: [],
        inference_options: {},
      };
      const body = JSON.stringify({ type: "threads.add_user_message", params: { thread_id: thread, input } });
      const headers = { "Content-Type": "application/json" };
      await (await fetch("/api/chatkit", { method: "POST", headers, body })).text();
    }
  }, thread);
  await page.reload();
  await items(page).getByText("You said: message 20").waitFor();
  assert.equal(await items(page).count(), 30);
  await page.getByRole("button", { name: "Show older messages" }).click();
  await items(page).getByText("You said: message 0").waitFor();
  assert.equal(await items(page).count(), 42);
  assert.equal(await page.getByRole("button", { name: "Show older messages" }).count(), 0);
  assertQuiet(context);
  await context.close();
});

test("sessions are seen and ended, one and all others", async () => {
  const context = await visitor(browser);
  const page = await registered(context, server.url, "sessions@example.org");
  const others = await Promise.all([visitor(browser), visitor(browser)]);
  for (const other of others) {
    const there = await other.newPage();
    await there.goto(`${server.url}/app`);
    await signIn(there, "sessions@example.org");
  }
  await page.getByRole("link", { name: "Sessions" }).click();
  const list = page.locator(".session");
  await list.nth(2).waitFor();
  assert.equal(await page.locator(".session", { hasText: "This browser" }).count(), 1);
  await page
    .getByRole("button", { name: /^End the session of/ })
    .first()
    .click();
  await list.nth(2).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "End all others" }).click();
  await list.nth(1).waitFor({ state: "detached" });
  assert.equal(await list.count(), 1);

  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assertQuiet(context);
  await Promise.all([context, ...others].map((each) => each.close()));
});
