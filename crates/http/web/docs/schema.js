/** Showing a JSON schema as the list of what is in it. */

import { h } from "../app/dom.js";

/** @typedef {Record<string, any>} Json */

/**
 * The name that a reference ends with.
 *
 * @param {string} reference
 */
function nameOf(reference) {
  return reference.split("/").at(-1) ?? reference;
}

/**
 * A value of this schema in a word or two, with a link where it has a name.
 *
 * @param {Json | boolean} schema
 * @returns {Node}
 */
function kind(schema) {
  if (typeof schema === "boolean") return h("span", {}, "anything");
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return h("a", { href: `#type-${name}` }, name);
  }
  if (schema.const !== undefined) return h("code", {}, JSON.stringify(schema.const));
  if (schema.enum) return h("span", {}, schema.enum.map((/** @type {unknown} */ one) => JSON.stringify(one)).join(" | "));
  if (schema.type === "array") return h("span", {}, "list of ", kind(schema.items ?? true));
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives && alternatives.every((/** @type {Json} */ one) => one.$ref || one.type === "null")) {
    const parts = alternatives.flatMap((/** @type {Json} */ one, /** @type {number} */ place) =>
      place === 0 ? [kind(one)] : [" or ", kind(one)],
    );
    return h("span", {}, ...parts);
  }
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? (alternatives ? "one of" : "anything"));
  const format = schema.format ? ` (${schema.format})` : "";
  return h("span", {}, `${type}${format}${bounds(schema)}`);
}

/** @param {Json} schema */
function bounds(schema) {
  const low = schema.minLength ?? schema.minimum;
  const high = schema.maxLength ?? schema.maximum;
  if (low === undefined && high === undefined) return "";
  return `, ${low ?? 0} to ${high ?? "…"}${schema.type === "string" ? " characters" : ""}`;
}

/**
 * Everything that is in a value of this schema.
 *
 * @param {Json | boolean} schema
 * @returns {Node}
 */
export function shape(schema) {
  if (typeof schema === "boolean" || schema.$ref) return h("p", { class: "kind" }, kind(schema));
  const list = h("ul", { class: "members" });
  const required = new Set(schema.required ?? []);
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    list.append(
      h(
        "li",
        {},
        h("code", {}, name),
        " ",
        h("span", { class: "kind" }, kind(member)),
        required.has(name) && h("span", { class: "must" }, " required"),
        member.description && h("div", { class: "quiet" }, member.description),
        isNested(member) && shape(member.items?.properties ? member.items : member),
      ),
    );
  }
  for (const part of [...(schema.allOf ?? []), ...(schema.oneOf ?? schema.anyOf ?? [])]) {
    list.append(h("li", {}, alternative(part)));
  }
  return list.childElementCount > 0 ? list : h("p", { class: "kind" }, kind(schema));
}

/**
 * One of several, called by what tells it from the others.
 *
 * @param {Json} schema
 */
function alternative(schema) {
  if (schema.$ref) return kind(schema);
  const tag = schema.properties?.type?.const;
  const words = [tag && h("code", {}, tag), tag && " ", schema.description ?? (tag ? "" : "as follows")];
  return h("details", {}, h("summary", {}, ...words), shape(schema));
}

/** @param {Json} schema */
function isNested(schema) {
  return Boolean(schema.properties || schema.items?.properties || schema.oneOf || schema.anyOf) && !schema.$ref;
}
