// A real Chromium.

import { playwright } from "./packages.js";

/** Debian's Chromium, or the one that is named. */
export const launch = () =>
  playwright.chromium.launch({
    executablePath: process.env.AUTORISEN_CHROMIUM ?? "/usr/bin/chromium",
    // Checks run as root where machines are made for them, and there Chromium has no sandbox.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
