/** The view of whom limits turned away: how many requests, for what, on which days. */

import { h } from "../dom.js";
import { bars, curves } from "./plots.js";
import { reportView } from "./report.js";

/** @import { View } from "../shell.js" */
/** @import { Report } from "./api.js" */
/** @import { Desk } from "./desk.js" */

/**
 * @param {Desk} desk
 * @returns {View}
 */
export const limits = (desk) => reportView(desk, "Limits", draw);

/** @param {Report} report */
function draw({ days, limits }) {
  if (limits.length === 0) return [];
  const named = limits.map(({ action, total, daily }) => ({
    name: action.replaceAll("_", " "),
    count: total,
    values: daily,
  }));
  return [
    h(
      "section",
      { "aria-label": "Requests turned away" },
      bars("Requests turned away", "What was wanted", named, "all"),
      curves("By day", days, named),
    ),
  ];
}
