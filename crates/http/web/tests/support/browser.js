// A real Chromium.

import { playwright } from "./packages.js";

/** Debian's Chromium, or the one that is named. */
const OPTIONS = {
  executablePath: process.env.AUTORISEN_CHROMIUM ?? "/usr/bin/chromium",
  // Checks run as root where machines are made for them, and there Chromium has no sandbox.
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
};

export const launch = () => playwright.chromium.launch(OPTIONS);

/** One with a profile, whose settings may be those of somebody. @param {string} folder */
export const launchIn = (folder) => playwright.chromium.launchPersistentContext(folder, OPTIONS);
