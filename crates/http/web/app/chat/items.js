/** Drawing the items of a conversation. */

import { h, icon, iconButton } from "../dom.js";
import { isImageAddress, link, markdown } from "./markdown.js";
import { drawQuestions } from "./questions.js";
import { textOf } from "./timeline.js";
import { drawWidget } from "./widgets.js";

/** @import { Item } from "./timeline.js" */
/** @import { Given } from "./questions.js" */
/** @import { Act } from "./widgets.js" */

/**
 * What can be done with an item.
 *
 * @typedef {object} ItemActions
 * @property {(item: Item) => void} retry answers a message again
 * @property {(item: Item) => void} runTool does what a tool call waits for
 * @property {(item: Item, given: Given) => void} give answers questions
 * @property {(item: Item, action: Parameters<Act>[0]) => void} act does what a button of a widget is for
 */

/**
 * Draws an item; null for one that shows nothing.
 *
 * @param {Item} item
 * @param {ItemActions} actions
 * @returns {HTMLLIElement | null}
 */
export function drawItem(item, actions) {
  const content = contentOf(item, actions);
  if (!content) return null;
  const isOwn = item.type === "user_message";
  return h(
    "li",
    { class: `item ${item.type.replaceAll("_", "-")}`, "data-id": item.id },
    h("span", { class: "unseen" }, isOwn ? "You: " : "Answer: "),
    content,
  );
}

/**
 * @param {Item} item
 * @param {ItemActions} actions
 * @returns {HTMLElement | null}
 */
function contentOf(item, actions) {
  switch (item.type) {
    case "user_message":
      return userMessage(item, actions);
    case "assistant_message":
      return assistantMessage(item);
    case "widget":
      return drawWidget(item.widget ?? {}, (action) => actions.act(item, action));
    case "structured_input":
      return drawQuestions(item, (given) => actions.give(item, given));
    case "workflow":
      return workflow(item.workflow ?? {});
    case "task":
      return h("ul", { class: "tasks" }, task(item.task ?? {}));
    case "generated_image":
      return generatedImage(item);
    case "client_tool_call":
      return toolCall(item, actions);
    case "end_of_turn":
    case "hidden_context_item":
    case "sdk_hidden_context":
      return null;
    default:
      return h("p", { class: "quiet" }, `This page cannot show a part of the answer (${item.type}).`);
  }
}

/**
 * @param {Item} item
 * @param {ItemActions} actions
 */
function userMessage(item, actions) {
  const files = /** @type {any[]} */ (item.attachments ?? []);
  return h(
    "div",
    {},
    iconButton("retry", "Answer again", { class: "icon-button retry", onclick: () => actions.retry(item) }),
    h(
      "div",
      { class: "bubble" },
      item.quoted_text && h("blockquote", {}, item.quoted_text),
      files.length > 0 && h("ul", { class: "files", "aria-label": "Files" }, ...files.map(file)),
      h("p", { class: "text" }, textOf(item)),
    ),
  );
}

/**
 * @param {any} attachment
 * @returns {HTMLLIElement}
 */
function file(attachment) {
  const isShown = attachment.type === "image" && isImageAddress(attachment.preview_url);
  return h(
    "li",
    {},
    isShown ? h("img", { src: attachment.preview_url, alt: "", class: "thumb" }) : icon("file"),
    String(attachment.name ?? "File"),
  );
}

/** @param {Item} item */
function assistantMessage(item) {
  const parts = /** @type {any[]} */ (item.content ?? []);
  const sources = parts
    .flatMap((part) => part?.annotations ?? [])
    .filter(Boolean)
    .map((annotation) => annotation.source ?? {});
  return h(
    "div",
    {},
    ...parts.filter(Boolean).map((part) => markdown(part.text ?? "")),
    parts.length === 0 && h("p", { class: "quiet dots", "aria-hidden": "true" }, "…"),
    item.stopped === true && h("p", { class: "quiet" }, "Stopped"),
    sources.length > 0 &&
      h(
        "div",
        { class: "sources" },
        h("p", { class: "quiet" }, "Sources"),
        h("ul", {}, ...sources.map(source)),
      ),
  );
}

/**
 * @param {any} found
 * @returns {HTMLLIElement}
 */
function source(found) {
  const words = String(found.title || found.filename || found.url || "Source");
  const shown = found.type === "url" ? link(String(found.url), words) : null;
  return h(
    "li",
    {},
    shown ?? words,
    found.description && h("span", { class: "quiet" }, ` ${found.description}`),
  );
}

/** @param {any} made */
function workflow(made) {
  const tasks = /** @type {any[]} */ (made.tasks ?? []).filter(Boolean);
  return h(
    "details",
    { class: "workflow", open: made.expanded === true },
    h("summary", {}, summaryOf(made)),
    h("ul", { class: "tasks" }, ...tasks.map(task)),
  );
}

/**
 * @param {any} made
 * @returns {string}
 */
function summaryOf({ summary, type, tasks }) {
  if (typeof summary?.title === "string") return summary.title;
  if (typeof summary?.duration === "number")
    return `Thought for ${summary.duration} second${summary.duration === 1 ? "" : "s"}`;
  const last = tasks?.at(-1);
  return last?.title ?? (type === "reasoning" ? "Thinking …" : "Working …");
}

/** @type {Record<string, string>} */
const TASKS = {
  web_search: "Search of the web",
  thought: "Thought",
  file: "Files",
  image: "Image",
  custom: "Step",
};

/**
 * @param {any} made
 * @returns {HTMLLIElement}
 */
function task(made) {
  const isDone = made.status_indicator === "complete";
  const isRunning = made.status_indicator === "loading";
  const state = isDone ? "done" : isRunning ? "running" : "plain";
  const sources = /** @type {any[]} */ (made.sources ?? []);
  const queries = /** @type {string[]} */ (made.queries ?? []);
  return h(
    "li",
    { class: `task ${state}` },
    h("strong", {}, String(made.title ?? made.title_query ?? TASKS[made.type] ?? "Step")),
    (isDone || isRunning) && h("span", { class: "unseen" }, isDone ? " (done)" : " (running)"),
    made.content && markdown(String(made.content)),
    queries.length > 0 && h("p", { class: "quiet" }, queries.join(" · ")),
    sources.length > 0 && h("ul", {}, ...sources.map(source)),
  );
}

/** @param {Item} item */
function generatedImage(item) {
  const isShown = isImageAddress(item.image?.url);
  const progress = typeof item.progress === "number" && item.progress < 1 ? item.progress : null;
  return h(
    "figure",
    {},
    isShown
      ? h("img", { src: item.image.url, alt: "Image made by the answer" })
      : h(
          "p",
          { class: "quiet" },
          item.image ? "The image is not at an address that can be shown here." : "An image is being made …",
        ),
    progress !== null && h("progress", { max: "1", value: progress, "aria-label": "Progress of the image" }),
  );
}

/**
 * @param {Item} item
 * @param {ItemActions} actions
 */
function toolCall(item, actions) {
  const isDone = item.status === "completed";
  return h(
    "div",
    { class: "tool" },
    h(
      "p",
      { class: "quiet" },
      isDone
        ? `This page was asked for ${item.name}, and answered.`
        : `The answer asks this page for ${item.name}.`,
    ),
    !isDone && h("button", { type: "button", class: "small", onclick: () => actions.runTool(item) }, "Go on"),
  );
}
