// Several tabs of one browser.

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

test("two tabs go through the end of a chat token with one renewal", async () => {
  const context = await visitor(browser);
  await context.clock.install();
  /** @type {string[]} */
  const renewals = [];
  context.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/chatkit/token"))
      renewals.push(request.url());
  });
  const first = await registered(context, server.url, "renewal@example.org");
  await say(first, "from the first");
  const second = await context.newPage();
  await second.goto(`${server.url}/app`);
  await composer(second).waitFor();
  await say(second, "from the second");

  const before = renewals.length;
  // A token is good for five minutes.
  await context.clock.fastForward("06:00");
  await Promise.all([send(first, "again from the first"), send(second, "again from the second")]);
  await Promise.all([answered(first, "again from the first"), answered(second, "again from the second")]);
  await newest(first).getByText("You said: again from the first").waitFor();
  await newest(second).getByText("You said: again from the second").waitFor();
  assert.equal(renewals.length - before, 1);
  assertQuiet(context);
  await context.close();
});

test("a logout in one tab ends the chat in the other, and stops its answer", async () => {
  const context = await visitor(browser);
  const first = await registered(context, server.url, "logout@example.org");
  const second = await context.newPage();
  await second.goto(`${server.url}/app`);
  await composer(second).waitFor();
  await send(second, "!slow");
  await newest(second).getByText("0 1").waitFor();

  await first.getByRole("button", { name: "Sign out" }).click();
  await second.getByRole("heading", { name: "Sign in" }).waitFor();
  await second.getByText("You have been signed out.").waitFor();
  assert.equal(await items(second).count(), 0, "nothing of the chat is left");
  assert.equal(await second.getByText("0 1 2").count(), 0);
  assertQuiet(context);
  await context.close();
});

test("a sign-in in one tab is seen by the other", async () => {
  const context = await visitor(browser);
  const first = await registered(context, server.url, "both@example.org");
  await first.getByRole("button", { name: "Sign out" }).click();
  await first.getByRole("heading", { name: "Sign in" }).waitFor();
  const second = await context.newPage();
  await second.goto(`${server.url}/app`);
  await signIn(second, "both@example.org");
  await composer(first).waitFor();
  assertQuiet(context);
  await context.close();
});

test("a tab notices that another account was signed in, and shows nothing of the first", async () => {
  const context = await visitor(browser);
  const first = await registered(context, server.url, "one@example.org");
  await say(first, "the secret of one");
  await composer(first).fill("a draft of one");
  const second = await context.newPage();
  await second.goto(`${server.url}/app`);
  await composer(second).waitFor();

  // A login replaces the session of the browser.
  const made = await visitor(browser);
  await (await registered(made, server.url, "two@example.org")).close();
  await second.evaluate(
    async ({ email, password }) => {
      const path = "/autorisen.js";
      const { createAutorisen } = await import(path);
      await createAutorisen().login({ email, password });
    },
    { email: "two@example.org", password: PASSWORD },
  );
  await first.getByText("you are two@example.org now").waitFor();
  await composer(first).waitFor();
  assert.equal(await composer(first).inputValue(), "");
  assert.equal(await first.getByText("the secret of one").count(), 0);
  await say(first, "from two");
  await first.getByRole("link", { name: "from two" }).waitFor();
  assert.equal(await first.locator(".threads > li").count(), 1);
  assertQuiet(context);
  await Promise.all([context.close(), made.close()]);
});

test("an answer that runs in another tab is waited for, and is told kindly", async () => {
  const context = await visitor(browser);
  const first = await registered(context, server.url, "busy@example.org");
  await send(first, "!slow");
  await newest(first).getByText("0 1").waitFor();
  const second = await context.newPage();
  await second.goto(first.url());
  await items(second).getByText("!slow").waitFor();
  await send(second, "me too");
  await second
    .getByText("An answer is still being written in this conversation, perhaps in another tab.")
    .waitFor();
  assert.equal(await composer(second).inputValue(), "me too", "the message is kept");

  await newest(first).getByText("38 39").waitFor();
  await first.getByRole("button", { name: "Send" }).waitFor();
  await second.getByRole("button", { name: "Try again" }).click();
  await newest(second).getByText("You said: me too").waitFor();
  await items(second).getByText("38 39").waitFor();
  assertQuiet(context, [/409 .*\/api\/chatkit$/]);
  await context.close();
});
