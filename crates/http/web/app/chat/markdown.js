/**
 * Drawing the small part of Markdown that answers use: paragraphs, headings, lists, quotes, code,
 * emphasis and links. What is not understood stays as it was written. Only elements are made, so
 * nothing foreign is read as HTML.
 */

import { h } from "../dom.js";

/**
 * @param {string} text
 * @returns {HTMLElement}
 */
export function markdown(text) {
  return h("div", { class: "markdown" }, ...blocks(text.split("\n")));
}

/**
 * @param {string[]} lines
 * @returns {HTMLElement[]}
 */
function blocks(lines) {
  /** @type {HTMLElement[]} */
  const made = [];
  let at = 0;
  const take = (/** @type {RegExp} */ pattern) => {
    const from = at;
    while (at < lines.length && pattern.test(lines[at] ?? "")) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const fence = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (line.trim() === "") {
      at += 1;
    } else if (fence) {
      at += 1;
      const from = at;
      while (at < lines.length && !(lines[at] ?? "").trimStart().startsWith(fence)) at += 1;
      made.push(h("pre", { tabindex: "0" }, h("code", {}, lines.slice(from, at).join("\n"))));
      at += 1;
    } else if (heading) {
      at += 1;
      // The page's own headings are above these.
      made.push(
        h(
          "p",
          {
            class: "heading",
            role: "heading",
            "aria-level": String(Math.min(6, (heading[1] ?? "").length + 2)),
          },
          ...inline(heading[2] ?? ""),
        ),
      );
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      at += 1;
      made.push(h("hr"));
    } else if (/^>/.test(line)) {
      made.push(h("blockquote", {}, ...blocks(take(/^>/).map((quoted) => quoted.replace(/^>\s?/, "")))));
    } else if (/^\s*[-*+]\s+/.test(line)) {
      made.push(h("ul", {}, ...entries(take(/^(\s*[-*+]\s+|\s{2,}\S)/), /^\s*[-*+]\s+/)));
    } else if (/^\s*\d+[.)]\s+/.test(line)) {
      const start = Number.parseInt(line.trim(), 10);
      made.push(
        h(
          "ol",
          { start: start === 1 ? null : start },
          ...entries(take(/^(\s*\d+[.)]\s+|\s{2,}\S)/), /^\s*\d+[.)]\s+/),
        ),
      );
    } else {
      const first = at;
      at += 1;
      take(/^(?!\s*$|#{1,6}\s|\s*```|\s*~~~|>|\s*[-*+]\s+|\s*\d+[.)]\s+)/);
      made.push(h("p", {}, ...inline(lines.slice(first, at).join("\n"))));
    }
  }
  return made;
}

/**
 * The entries of a list. A line that begins none goes on with the one before.
 *
 * @param {string[]} lines
 * @param {RegExp} mark
 * @returns {HTMLElement[]}
 */
function entries(lines, mark) {
  /** @type {string[]} */
  const texts = [];
  for (const line of lines) {
    if (mark.test(line) || texts.length === 0) texts.push(line.replace(mark, ""));
    else texts[texts.length - 1] += `\n${line.trim()}`;
  }
  return texts.map((text) => h("li", {}, ...inline(text)));
}

/** Code, strong, emphasis, a link with a text, an address. */
const INLINE =
  /(`+)([^`]+?)\1|\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\s][^*\n]*)\*|(?<!\w)_([^_\s][^_\n]*)_(?!\w)|\[([^\]\n]+)\]\(([^()\s]+)\)|(https:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?])/;

/**
 * @param {string} text
 * @returns {(Node | string)[]}
 */
function inline(text) {
  /** @type {(Node | string)[]} */
  const made = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    const [whole, , code, strong, starred, underlined, label, target, address] = match;
    made.push(rest.slice(0, match.index));
    if (code !== undefined) made.push(h("code", {}, code));
    else if (strong !== undefined) made.push(h("strong", {}, ...inline(strong)));
    else if (starred !== undefined) made.push(h("em", {}, ...inline(starred)));
    else if (underlined !== undefined) made.push(h("em", {}, ...inline(underlined)));
    else if (label !== undefined) made.push(link(target ?? "", label) ?? whole);
    else made.push(link(address ?? "", address ?? "") ?? whole);
    rest = rest.slice(match.index + whole.length);
  }
  made.push(rest);
  return made;
}

/**
 * A link to another site; none for an address that is not https.
 *
 * @param {string} address
 * @param {string} text
 * @returns {HTMLAnchorElement | null}
 */
export function link(address, text) {
  if (!URL.canParse(address) || new URL(address).protocol !== "https:") return null;
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

/**
 * Whether an image may be shown from here.
 *
 * @param {unknown} address
 * @returns {address is string}
 */
export function isImageAddress(address) {
  if (typeof address !== "string") return false;
  if (/^data:image\/(png|jpeg|gif|webp|avif);/.test(address) || address.startsWith("blob:")) return true;
  if (!URL.canParse(address, location.href)) return false;
  const url = new URL(address, location.href);
  return url.protocol === "https:" || url.origin === location.origin;
}
