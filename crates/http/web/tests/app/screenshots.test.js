// Pictures of the page /app for the documents. They are written when AUTORISEN_SCREENSHOTS is set, so
// that a run of the tests leaves the tree as it is.

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { composer, items, newest, registered, say, visitor } from "../support/app.js";
import { launch } from "../support/browser.js";
import { Server } from "../support/server.js";

const FOLDER = fileURLToPath(new URL("../../../../../docs/images/", import.meta.url));
const isWanted = Boolean(process.env.AUTORISEN_SCREENSHOTS);

test(
  "pictures for the documents",
  { skip: isWanted ? false : "AUTORISEN_SCREENSHOTS is not set" },
  async () => {
    await mkdir(FOLDER, { recursive: true });
    const server = await Server.start();
    const browser = await launch();
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      const path = (/** @type {string} */ name) => `${FOLDER}app-${name}-${colorScheme}.png`;
      const viewport = { width: 1040, height: 680 };
      const context = await visitor(browser, { colorScheme, viewport });
      const page = await context.newPage();
      await page.goto(`${server.url}/app`);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.screenshot({ path: path("sign-in") });
      await page.close();

      const chat = await registered(context, server.url, `ada.${colorScheme}@example.org`);
      for (const text of ["Which threads are mine?", "!title", "Plan the week"]) {
        await chat.getByRole("link", { name: "New conversation" }).click();
        await say(chat, text);
      }
      for (const text of ["!workflow", "!form"]) await say(chat, text);
      await chat.getByRole("group", { name: "Priority?" }).getByLabel("High").check();
      await chat.screenshot({ path: path("chat") });
      await chat.getByRole("link", { name: "Sessions" }).click();
      await chat.locator(".session").waitFor();
      const state = await context.storageState();
      await context.close();

      const phone = await visitor(browser, {
        colorScheme,
        viewport: { width: 360, height: 720 },
        deviceScaleFactor: 1.5,
        isMobile: true,
        hasTouch: true,
        storageState: state,
      });
      const small = await phone.newPage();
      await small.goto(`${server.url}/app`);
      await composer(small).waitFor();
      await small.getByRole("button", { name: "Conversations" }).tap();
      await small.getByRole("link", { name: "Plan the week" }).tap();
      await items(small).first().waitFor();
      await newest(small).scrollIntoViewIfNeeded();
      await small.screenshot({ path: path("phone") });
      await phone.close();
    }
    await browser.close();
    await server.end();
  },
);
