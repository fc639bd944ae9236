/**
 * Plots as SVG, each with a table of the same numbers. What is drawn stretches with the page; what is read
 * beside it is text of the page, so that it stays as large as other text. Lines differ in colour and in dashes.
 */

import { h } from "../dom.js";

const SPACE = "http://www.w3.org/2000/svg";
/** The side of the square in which all is drawn, before it is stretched. */
const SIDE = 100;
/** How many lines look different from each other. */
const LOOKS = 6;

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {number[]} values one for each day
 */

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {...Element} children
 */
function svg(name, attributes, ...children) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** @param {Record<string, string | number>} attributes @param {...Element} children */
const canvas = (attributes, ...children) =>
  svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, preserveAspectRatio: "none", ...attributes }, ...children);

/**
 * The smallest of 1, 2, 5, 10, 20, 50 … that is not less.
 *
 * @param {number} value
 */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const step = [1, 2, 5, 10].find((step) => step * power >= value) ?? 10;
  return step * power;
}

/** @param {number} number */
const text = (number) => number.toLocaleString();

/**
 * Curves by day, and their table.
 *
 * @param {string} title what is counted
 * @param {string[]} days
 * @param {Series[]} series
 * @returns {HTMLElement}
 */
export function curves(title, days, series) {
  const top = roundUp(Math.max(1, ...series.flatMap(({ values }) => values)));
  const total = (/** @type {Series} */ { values }) => values.reduce((sum, value) => sum + value, 0);
  const grid = [0, 0.5, 1].map((part) =>
    svg("line", { class: "grid", x1: 0, x2: SIDE, y1: part * SIDE, y2: part * SIDE }),
  );
  const told = series.map((one) => `${one.name} ${text(total(one))}`).join(", ");
  return h(
    "figure",
    { class: "plot" },
    h("figcaption", {}, title),
    h("ul", { class: "legend" }, ...series.map(({ name }, place) => h("li", {}, sample(place), name))),
    h(
      "div",
      { class: "frame" },
      h("div", { class: "scale", "aria-hidden": "true" }, h("span", {}, text(top)), h("span", {}, "0")),
      canvas(
        { class: "curves", role: "img", "aria-label": `${title}, ${days[0]} to ${days.at(-1)}: ${told}.` },
        ...grid,
        ...series.map(({ values }, place) => line(values, top, place)),
      ),
    ),
    h(
      "div",
      { class: "ends", "aria-hidden": "true" },
      h("span", {}, days[0] ?? ""),
      h("span", {}, days.length > 1 ? (days.at(-1) ?? "") : ""),
    ),
    table(
      title,
      ["Day", ...series.map(({ name }) => name)],
      days.map((day, place) => [day, ...series.map(({ values }) => text(values[place] ?? 0))]),
    ),
  );
}

/**
 * @param {number[]} values
 * @param {number} top
 * @param {number} place
 */
function line(values, top, place) {
  // One day alone is a level line.
  const shown = values.length === 1 ? [values[0] ?? 0, values[0] ?? 0] : values;
  const points = shown.map((value, day) => {
    const x = (day / (shown.length - 1)) * SIDE;
    return `${x.toFixed(2)},${((1 - value / top) * SIDE).toFixed(2)}`;
  });
  return svg("polyline", { class: `curve look-${place % LOOKS}`, points: points.join(" ") });
}

/** @param {number} place */
function sample(place) {
  const middle = SIDE / 2;
  return canvas(
    { class: "sample", "aria-hidden": "true" },
    svg("line", { class: `curve look-${place % LOOKS}`, x1: 0, x2: SIDE, y1: middle, y2: middle }),
  );
}

/**
 * Bars one below the other: a table whose rows have a bar each. Each count is told as a part of the first, as
 * in a funnel, or of all together.
 *
 * @param {string} title
 * @param {string} what the bars are of
 * @param {{name: string, count: number}[]} rows
 * @param {"first" | "all"} part
 * @returns {HTMLElement}
 */
export function bars(title, what, rows, part) {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const whole = part === "first" ? (rows[0]?.count ?? 0) : rows.reduce((sum, { count }) => sum + count, 0);
  const share = (/** @type {number} */ count) => (whole > 0 ? `${Math.round((count / whole) * 100)} %` : "–");
  return h(
    "table",
    { class: "bars" },
    h("caption", {}, title),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, what),
        h("th", { scope: "col", class: "number" }, "Count"),
        h("th", { scope: "col", class: "number" }, part === "first" ? "Of the first" : "Of all"),
      ),
    ),
    h(
      "tbody",
      {},
      ...rows.map(({ name, count }) =>
        h(
          "tr",
          {},
          h(
            "th",
            { scope: "row" },
            name,
            canvas(
              { class: "bar-of", "aria-hidden": "true" },
              svg("rect", { x: 0, y: 0, width: ((count / most) * SIDE).toFixed(2), height: SIDE }),
            ),
          ),
          h("td", { class: "number" }, text(count)),
          h("td", { class: "number" }, share(count)),
        ),
      ),
    ),
  );
}

/**
 * What a plot shows, to be read. It scrolls by itself where it is wider than the page.
 *
 * @param {string} title
 * @param {string[]} heads
 * @param {string[][]} rows
 */
function table(title, heads, rows) {
  return h(
    "details",
    {},
    h("summary", {}, "As a table"),
    h(
      "div",
      { class: "scroll", role: "region", "aria-label": title, tabindex: "0" },
      h(
        "table",
        {},
        h("caption", { class: "unseen" }, title),
        h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
        h(
          "tbody",
          {},
          ...rows.map(([head = "", ...cells]) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, head),
              ...cells.map((cell) => h("td", { class: "number" }, cell)),
            ),
          ),
        ),
      ),
    ),
  );
}
