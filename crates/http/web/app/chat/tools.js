/** What this page does when an answer asks the browser for something. Add a line for a tool of your own. */

import { alert } from "../notices.js";

/** @typedef {(params: Record<string, any>) => unknown} ClientTool */

/** @type {Record<string, ClientTool>} */
export const CLIENT_TOOLS = {
  // What is selected on the page, as an editor would say it.
  get_selection: ({ kind }) => ({ kind: kind ?? null, text: String(getSelection() ?? "") }),
};

/**
 * Does what a tool call asks for. Its failure is an output too: the answer can go on with it.
 *
 * @param {{name: string, params: Record<string, any>}} call
 * @returns {Promise<any>}
 */
export async function runTool({ name, params }) {
  const tool = Object.hasOwn(CLIENT_TOOLS, name) ? CLIENT_TOOLS[name] : undefined;
  if (!tool) return { error: `this page has no tool ${name}` };
  try {
    return await tool(params ?? {});
  } catch (error) {
    return { error: error instanceof Error ? error.message : "the tool failed" };
  }
}

/** What this page does for effects that an answer has beside its items. @type {Record<string, (data: Record<string, any>) => void>} */
export const CLIENT_EFFECTS = {
  toast: ({ text }) => alert(String(text ?? ""), { level: "info", key: "toast", isFleeting: true }),
};

/**
 * @param {string} name
 * @param {Record<string, any>} data
 */
export function runEffect(name, data) {
  if (Object.hasOwn(CLIENT_EFFECTS, name)) CLIENT_EFFECTS[name]?.(data);
}
