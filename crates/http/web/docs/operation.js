/** Showing one operation: what it is for, who may call it, what it takes and answers. */

import { h } from "../app/dom.js";
import { shape } from "./schema.js";

/** @import { Json } from "./schema.js" */

/**
 * @typedef {object} Operation
 * @property {string} id
 * @property {string} method
 * @property {string} path
 * @property {string} tag
 * @property {Json} told
 */

/**
 * The operations of a document, in its order.
 *
 * @param {Json} document
 * @returns {Operation[]}
 */
export function operations(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(/** @type {Json} */ (methods)).map(([method, told]) => ({
      id: told.operationId,
      method: method.toUpperCase(),
      path,
      tag: told.tags[0],
      told,
    })),
  );
}

/**
 * @param {Operation} operation
 * @param {Json} components
 */
export function section({ id, method, path, told }, components) {
  return h(
    "section",
    { class: "operation", id: `op-${id}` },
    h("h3", {}, h("span", { class: `method ${method.toLowerCase()}` }, method), h("code", {}, path)),
    h("p", {}, told.summary, told.description ? `. ${told.description}` : ""),
    h("h4", {}, "Who may call it"),
    access(told.security, components.securitySchemes),
    told.parameters && h("h4", {}, "Parameters"),
    told.parameters && parameters(told.parameters),
    told.requestBody && h("h4", {}, told.requestBody.required ? "Body" : "Body, which may be left out"),
    told.requestBody && contents(told.requestBody.content),
    h("h4", {}, "Answers"),
    ...Object.entries(told.responses).map(([status, response]) => answer(status, response)),
    h("h4", {}, "By hand"),
    h("pre", {}, command(method, path, told)),
  );
}

/**
 * @param {Json[]} alternatives
 * @param {Json} schemes
 */
function access(alternatives, schemes) {
  const names = alternatives.flatMap((one) => Object.keys(one));
  if (names.length === 0) return h("p", {}, "Anybody.");
  const isOpen = alternatives.some((one) => Object.keys(one).length === 0);
  return h(
    "div",
    {},
    h("p", {}, isOpen ? "Anybody; this may be shown:" : "Who shows one of these:"),
    h(
      "ul",
      { class: "members" },
      ...names.map((name) => h("li", {}, h("code", {}, name), ` ${schemes[name].description}`)),
    ),
  );
}

/** @param {Json[]} list */
function parameters(list) {
  const rows = list.map((one) =>
    h(
      "li",
      {},
      h("code", {}, one.name),
      h("span", { class: "kind" }, ` in the ${one.in}${one.required ? ", required" : ""}. ${one.description}`),
    ),
  );
  return h("ul", { class: "members" }, ...rows);
}

/** @param {Json} content */
function contents(content) {
  const each = Object.entries(content).map(([mediaType, { schema, example, examples }]) => {
    const shown = examples ? Object.values(examples).map((one) => one.value) : example === undefined ? [] : [example];
    return h(
      "div",
      {},
      h("p", { class: "kind" }, h("code", {}, mediaType)),
      shape(schema),
      ...shown.map((one) => h("pre", {}, typeof one === "string" ? one : JSON.stringify(one, null, 2))),
    );
  });
  return h("div", {}, ...each);
}

/**
 * @param {string} status
 * @param {Json} response
 */
function answer(status, response) {
  const headers = Object.keys(response.headers ?? {}).filter((name) => name !== "X-Request-ID");
  return h(
    "details",
    {},
    h("summary", {}, h("span", { class: "status" }, status), response.description.replaceAll("`", "")),
    headers.length > 0 && h("p", { class: "kind" }, "With ", h("code", {}, headers.join(", "))),
    response.content && contents(response.content),
  );
}

/**
 * A command that sends it.
 *
 * @param {string} method
 * @param {string} path
 * @param {Json} told
 */
function command(method, path, told) {
  const lines = [`curl -i -X ${method} ${location.origin}${path}`];
  if (told.security.some((/** @type {Json} */ one) => "accessToken" in one)) {
    lines.push(`  -H "Authorization: Bearer $TOKEN"`);
  }
  const json = told.requestBody?.content["application/json"];
  if (json) {
    const example = json.example ?? Object.values(json.examples ?? {})[0]?.value ?? {};
    lines.push(`  -H "Content-Type: application/json"`, `  -d '${JSON.stringify(example)}'`);
  }
  return lines.join(" \\\n");
}
