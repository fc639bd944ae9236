// The module stays small: it is on the way to the first picture of somebody's page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

test("the module has at most 5 kB as it travels, its comments included", async () => {
  const source = await readFile(new URL("../../autorisen.js", import.meta.url));
  const { length } = gzipSync(source);
  assert.ok(length <= 5000, `${length} bytes`);
});
