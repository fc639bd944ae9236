/** The view of how chats are taken up: the funnel and the daily curves of each placement, and of front ends. */

import { h } from "../dom.js";
import { bars, curves } from "./plots.js";
import { reportView } from "./report.js";

/** @import { View } from "../shell.js" */
/** @import { ChatCounts, Report } from "./api.js" */
/** @import { Desk } from "./desk.js" */

/** How far a chat comes, in the words of the page. @type {[keyof ChatCounts, string][]} */
const STAGES = [
  ["token_issued", "Token issued"],
  ["chat_opened", "Chat opened"],
  ["first_answer", "First answer"],
  ["answer_finished", "Answers finished"],
  ["answer_stopped", "Answers stopped"],
  ["answer_failed", "Answers failed"],
];

/** The first of them are a funnel; the others count every answer. */
const FUNNEL = 3;

/**
 * @param {Desk} desk
 * @returns {View}
 */
export const overview = (desk) => reportView(desk, "Overview", draw);

/** @param {Report} report */
function draw({ days, chats, tracked, tracked_is_cut }) {
  const parts = chats.map(({ placement, total, daily }) =>
    h(
      "section",
      { "aria-label": `Chats: ${placement}` },
      h("h2", {}, `Chats: ${placement}`),
      bars(
        "How far chats came",
        "Stage",
        STAGES.slice(0, FUNNEL).map(([stage, name]) => ({ name, count: total[stage] })),
        "first",
      ),
      bars(
        "What became of answers",
        "End",
        STAGES.slice(FUNNEL).map(([stage, name]) => ({ name, count: total[stage] })),
        "all",
      ),
      curves(
        "By day",
        days,
        STAGES.map(([stage, name]) => ({ name, values: daily.map((counts) => counts[stage]) })),
      ),
    ),
  );
  if (tracked.length > 0)
    parts.push(
      h(
        "section",
        { "aria-label": "Front ends" },
        h("h2", {}, "Front ends"),
        bars(
          "What front ends tracked",
          "Event and step",
          tracked.map(({ event_type, step, count }) => ({
            name: step ? `${event_type} · ${step}` : event_type,
            count,
          })),
          "all",
        ),
        tracked_is_cut && h("p", { class: "quiet" }, "There were more kinds of events than are shown."),
      ),
    );
  return parts;
}
