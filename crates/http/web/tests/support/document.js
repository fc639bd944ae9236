// What the documentation tells people to copy, so that it is tested as it stands there.

import { readFile } from "node:fs/promises";

const FRONTEND = new URL("../../../../../docs/frontend.md", import.meta.url);

/**
 * The code block of docs/frontend.md that follows these words.
 *
 * @param {string} words
 */
export async function block(words) {
  const text = await readFile(FRONTEND, "utf8");
  const after = text.indexOf(words);
  const [, code] = (after >= 0 && /^```\w+\n([^]*?)^```$/m.exec(text.slice(after))) || [];
  if (code === undefined) throw new Error(`docs/frontend.md has no code after ${JSON.stringify(words)}`);
  return code;
}
