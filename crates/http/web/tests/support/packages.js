// What the checks are made with. `cargo xtask web` installs it from package-lock.json into
// target/web, so that the source tree holds sources alone; node would not look for it there.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const folder = new URL("../../../../../target/web/", import.meta.url);
const require = createRequire(new URL("package.json", folder));

/** Where the installed packages are. */
export const NODE_MODULES = fileURLToPath(new URL("node_modules", folder));

/** @type {typeof import("esbuild")} */
export const esbuild = require("esbuild");

/** @type {typeof import("playwright-core")} */
export const playwright = require("playwright-core");
