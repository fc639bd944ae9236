// Looks at a page as those use it who have no mouse, a small screen, or weak eyes.

import assert from "node:assert/strict";

/** @import { Locator, Page } from "playwright-core" */

/** More presses than the page has places. */
const PRESSES = 60;

/**
 * Moves the focus with the keyboard until it is there, and sees that it can be seen.
 *
 * @param {Page} page
 * @param {Locator} target
 * @param {string} [key]
 */
export async function tabTo(page, target, key = "Tab") {
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
export const hasFocus = (target) => target.evaluate((element) => element === document.activeElement);

/** @param {Page} page */
export async function assertFits(page) {
  const beside = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isOut = (/** @type {Element} */ element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      return own > 1 && !element.closest(".unseen, pre, .scroll") && (right > width + 1 || left < -1);
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

/**
 * Texts whose contrast is less than 4.5 to 1 (WCAG 2.2, 1.4.3).
 *
 * @param {Page} page
 */
export function faint(page) {
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

/** @param {Page} page */
export async function assertNamed(page) {
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
