/** The page /docs: the document of the interface, for people. */

import { byId, h } from "../app/dom.js";
import { operations, section } from "./operation.js";
import { shape } from "./schema.js";

/** @import { Json } from "./schema.js" */
/** @import { Operation } from "./operation.js" */

async function start() {
  const response = await fetch("/api/openapi.json");
  if (!response.ok) throw new Error(`the document is answered with ${response.status}`);
  const document = /** @type {Json} */ (await response.json());
  const all = operations(document);
  const tags = /** @type {Json[]} */ (document.tags).filter((tag) => all.some((one) => one.tag === tag.name));
  byId("content").replaceChildren(
    h("h1", {}, `${document.info.title} ${document.info.version}`),
    h("p", { class: "intro" }, document.info.description.replaceAll("`", "")),
    ...tags.flatMap((tag) => [
      h("h2", {}, tag.name),
      h("p", { class: "quiet" }, tag.description),
      ...all.filter((one) => one.tag === tag.name).map((one) => section(one, document.components)),
    ]),
    h("h2", {}, "Types"),
    ...Object.entries(document.components.schemas).map(([name, schema]) => type(name, schema)),
  );
  const filter = /** @type {HTMLInputElement} */ (byId("filter"));
  const list = () => byId("contents").replaceChildren(...contents(tags, all, filter.value));
  filter.addEventListener("input", list);
  addEventListener("hashchange", list);
  list();
  // What the address names was not there when the browser looked for it.
  globalThis.document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/**
 * @param {string} name
 * @param {Json} schema
 */
function type(name, schema) {
  return h(
    "section",
    { class: "type", id: `type-${name}` },
    h("h3", {}, h("code", {}, name)),
    schema.description && h("p", { class: "quiet" }, schema.description),
    shape(schema),
  );
}

/**
 * The links to the operations that hold what is looked for.
 *
 * @param {Json[]} tags
 * @param {Operation[]} all
 * @param {string} wanted
 */
function contents(tags, all, wanted) {
  const words = wanted.trim().toLowerCase();
  const found = all.filter(({ method, path, told }) =>
    `${method} ${path} ${told.summary}`.toLowerCase().includes(words),
  );
  if (found.length === 0) return [h("p", { class: "quiet" }, "No route is called so.")];
  return tags.flatMap((tag) => {
    const links = found.filter((one) => one.tag === tag.name).map(link);
    return links.length === 0 ? [] : [h("h2", {}, tag.name), ...links];
  });
}

/** @param {Operation} operation */
function link({ id, method, path }) {
  const href = `#op-${id}`;
  return h(
    "a",
    { href, "aria-current": location.hash === href ? "true" : null },
    h("span", { class: `method ${method.toLowerCase()}` }, method),
    h("span", {}, path),
  );
}

start().catch((error) => {
  byId("starting").textContent = `The document cannot be shown: ${error.message}`;
});
