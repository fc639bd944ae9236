// The vendor's component: its script comes from elsewhere, so it may not come, fail, or work.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { answered, assertQuiet, composer, newest, registered, say, visitor } from "../support/app.js";
import { launch } from "../support/browser.js";
import { HostedStub } from "../support/hosted_stub.js";
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

/**
 * A script in place of the vendor's.
 *
 * @param {string} body
 * @returns {(route: import("playwright-core").Route) => unknown}
 */
const script = (body) => (route) => route.fulfill({ contentType: "text/javascript", body });

/** An element that is ready at once, and asks as the component does. */
const STAND_IN = `
  class StandIn extends HTMLElement {
    setOptions(options) {
      this.options = options;
      const { url, fetch, domainKey, uploadStrategy } = options.api;
      const input = { content: [{ type: "input_text", text: "from the component" }], quoted_text: "", attachments: [], inference_options: {} };
      const body = JSON.stringify({ type: "threads.create", params: { input } });
      fetch(url, { method: "POST", headers: { "content-type": "application/json", accept: "text/event-stream" }, body })
        .then((answer) => answer.text())
        .then((text) => {
          const [thread] = /thr_[0-9a-f]+/.exec(text);
          this.textContent = JSON.stringify({ domainKey, uploadStrategy, said: text.includes("You said: from the component") });
          this.dispatchEvent(new CustomEvent("chatkit.thread.change", { detail: { threadId: thread } }));
        });
      queueMicrotask(() => this.dispatchEvent(new CustomEvent("chatkit.ready")));
    }
  }
  customElements.define("openai-chatkit", StandIn);
`;

test("a component that comes is mounted, and asks this server", async () => {
  const context = await visitor(browser, { vendor: script(STAND_IN) });
  const page = await open(context, "standin@example.org");
  const component = page.locator("openai-chatkit");
  await component.getByText("said").waitFor();
  assert.deepEqual(JSON.parse((await component.textContent()) ?? ""), {
    domainKey: "localhost",
    uploadStrategy: { type: "two_phase" },
    said: true,
  });
  assert.equal(
    await component.evaluate((element) => typeof (/** @type {any} */ (element).options.onClientTool)),
    "function",
  );
  await page.waitForURL(/#\/chat\/thr_/);

  // The page's own chat can be chosen by hand, and goes on with the same conversation.
  await page.getByRole("button", { name: "Use the simple chat" }).click();
  await newest(page).getByText("You said: from the component").waitFor();
  await say(page, "and on");
  await page.getByRole("button", { name: "Use ChatKit" }).click();
  await page.locator("openai-chatkit").waitFor({ state: "attached" });
  assertQuiet(context);
  await context.close();
});

/** @type {[string, (route: import("playwright-core").Route) => unknown, string, RegExp[]][]} */
const FAILING = [
  ["does not come", (route) => route.abort(), "its script could not be loaded", []],
  [
    "is not found",
    (route) => route.fulfill({ status: 404 }),
    "its script could not be loaded",
    [/404 .*chatkit\.js$/],
  ],
  ["throws", script("throw new Error('planted')"), "its script failed", [/planted/]],
  [
    "reports a fault before it is ready",
    script(`customElements.define("openai-chatkit", class extends HTMLElement {
      setOptions() { queueMicrotask(() => this.dispatchEvent(new CustomEvent("chatkit.error", { detail: { error: new Error("domain not allowed") } }))); }
    })`),
    "domain not allowed",
    [],
  ],
  [
    "throws when it gets its options",
    script(
      `customElements.define("openai-chatkit", class extends HTMLElement { setOptions() { throw new Error("Command onSetOptions not supported"); } })`,
    ),
    "Command onSetOptions not supported",
    [],
  ],
];

for (const [what, vendor, why, expected] of FAILING) {
  test(`where the vendor's script ${what}, the page's own chat takes over`, async () => {
    const context = await visitor(browser, { vendor });
    const page = await registered(context, server.url, `${what.replaceAll(/\W/g, "-")}@example.org`);
    await page.getByText(`The ChatKit component is not there: ${why}.`).waitFor();
    await say(page, "hello");
    await newest(page).getByText("You said: hello").waitFor();
    assertQuiet(context, expected);
    await context.close();
  });
}

for (const [what, body] of [
  ["a script that never comes", null],
  [
    "a component that never is ready",
    `customElements.define("openai-chatkit", class extends HTMLElement { setOptions() {} })`,
  ],
  ["a script that defines nothing", ""],
]) {
  test(`${what} is waited for a while, or not at all`, async () => {
    /** @type {import("playwright-core").Route[]} */
    const pending = [];
    const vendor =
      body === null
        ? (/** @type {import("playwright-core").Route} */ route) => void pending.push(route)
        : script(body ?? "");
    const context = await visitor(browser, { vendor });
    const page = await open(context, `${String(what).replaceAll(/\W/g, "-")}@example.org`);
    await page.getByText("The ChatKit component is not there: it did not become ready in time.").waitFor();
    await say(page, "hello");

    // Somebody who does not want to wait need not.
    await page.getByRole("button", { name: "Try ChatKit again" }).click();
    await page.getByRole("button", { name: "Use the simple chat" }).click();
    await composer(page).waitFor();
    await page.getByText("This is the simple chat.").waitFor();
    await answered(page, "hello");
    await Promise.all(pending.map((route) => route.abort()));
    assertQuiet(context);
    await context.close();
  });
}

test("where nobody has begun to use a component that fails, the page's own chat takes over", async () => {
  const vendor = script(`customElements.define("openai-chatkit", class extends HTMLElement {
    setOptions() {
      queueMicrotask(() => {
        this.dispatchEvent(new CustomEvent("chatkit.ready"));
        setTimeout(() => this.dispatchEvent(new CustomEvent("chatkit.error", { detail: { error: new Error("domain not allowed") } })));
      });
    }
  })`);
  const context = await visitor(browser, { vendor });
  const page = await open(context, "unused@example.org");
  await page.getByText("The ChatKit component is not there: domain not allowed.").waitFor();
  await say(page, "hello");
  assertQuiet(context);
  await context.close();
});

test("in hosted mode the component gets a secret of the other side, and there is no other chat", async () => {
  const stub = await HostedStub.start();
  const hosted = await Server.start(stub.settings);
  try {
    const context = await visitor(browser, {
      vendor: script(`customElements.define("openai-chatkit", class extends HTMLElement {
        async setOptions({ api }) {
          this.textContent = JSON.stringify({ members: Object.keys(api), secret: await api.getClientSecret(null) });
          this.dispatchEvent(new CustomEvent("chatkit.ready"));
        }
      })`),
    });
    const page = await open(context, "hosted@example.org", hosted.url);
    const component = page.locator("openai-chatkit");
    await component.getByText("secret").waitFor();
    const { members, secret } = JSON.parse((await component.textContent()) ?? "");
    assert.deepEqual(members, ["getClientSecret"], "a domain key would be refused there");
    assert.match(secret, /^ek_/);
    assert.equal(await page.getByRole("button", { name: "Use the simple chat" }).count(), 0);
    await component.evaluate((element) =>
      element.dispatchEvent(new CustomEvent("chatkit.error", { detail: { error: new Error("gone") } })),
    );
    await page.getByText("its component is not there: gone.").waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await component.getByText("secret").waitFor();
    assertQuiet(context);
    await context.close();
  } finally {
    await hosted.end();
    await stub.end();
  }
});

test("the component is told the domain key of the settings", async () => {
  const known = await Server.start({ CHATKIT_DOMAIN_KEY: "domain_pk_of_a_test" });
  try {
    const context = await visitor(browser, { vendor: script(STAND_IN) });
    const page = await open(context, "domain@example.org", known.url);
    const component = page.locator("openai-chatkit");
    await component.getByText("said").waitFor();
    assert.equal(JSON.parse((await component.textContent()) ?? "").domainKey, "domain_pk_of_a_test");
    assertQuiet(context);
    await context.close();
  } finally {
    await known.end();
  }
});

test("a fault of a component that was ready is told, and the page's own chat offered", async () => {
  const context = await visitor(browser, { vendor: script(STAND_IN) });
  const page = await open(context, "later@example.org");
  await page.locator("openai-chatkit").getByText("said").waitFor();
  await page
    .locator("openai-chatkit")
    .evaluate((element) =>
      element.dispatchEvent(
        new CustomEvent("chatkit.error", { detail: { error: new Error("upstream went away") } }),
      ),
    );
  const alert = page.locator("#alerts");
  await alert.getByText("ChatKit has a problem: upstream went away").waitFor();
  await alert.getByRole("button", { name: "Use the simple chat" }).click();
  await newest(page).getByText("You said: from the component").waitFor();
  assertQuiet(context);
  await context.close();
});

test("a logout takes the component away with all that it shows", async () => {
  const context = await visitor(browser, { vendor: script(STAND_IN) });
  const page = await open(context, "away@example.org");
  await page.locator("openai-chatkit").getByText("said").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.locator("openai-chatkit").count(), 0);
  assertQuiet(context);
  await context.close();
});

/**
 * An account, and the page with whatever chat comes.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} email
 */
async function open(context, email, url = server.url) {
  const data = {
    email,
    password: "purple elephants dance slowly",
    first_name: "Ada",
    last_name: "Example",
    session: "cookie",
  };
  const made = await context.request.post(`${url}/api/auth/register`, { data });
  assert.equal(made.status(), 201);
  const page = await context.newPage();
  await page.goto(`${url}/app`);
  return page;
}
