/** Showing an answer as it comes: each event goes to what it is about. */

import { sentence, troubleOf } from "../trouble.js";
import { runEffect } from "./tools.js";

/** @import { Item, Timeline } from "./timeline.js" */
/** @import { Transcript } from "./transcript.js" */
/** @import { Thread } from "./conversation.js" */

/** @typedef {Record<string, any>} Event */

const BUSY_PAUSE_MS = 300;

/**
 * What an answer tells that is about no item.
 *
 * @typedef {object} Heard
 * @property {(thread: Thread) => void} created
 * @property {(thread: Thread) => void} updated
 * @property {() => void} sent the server has the message
 * @property {(last: Item | undefined) => {label: string, act: () => void} | undefined} failed
 *   gives what can be done; `last` is the message that may be answered again, if one may
 */

export class Reader {
  /**
   * @param {Timeline} timeline
   * @param {Transcript} transcript
   * @param {Heard} heard
   */
  constructor(timeline, transcript, heard) {
    this.timeline = timeline;
    this.transcript = transcript;
    this.heard = heard;
  }

  /** @param {Event} event */
  take(event) {
    switch (event.type) {
      case "thread.created":
        return this.heard.created(event.thread);
      case "thread.updated":
        return this.heard.updated(event.thread);
      case "progress_update":
        return this.transcript.progress(String(event.text ?? ""));
      case "notice":
        return this.transcript.notice(event.level, event.title ?? "", String(event.message ?? ""));
      case "client_effect":
        return runEffect(String(event.name), event.data ?? {});
      case "error":
        return this.#fault(event);
      default:
        return this.#change(event);
    }
  }

  /** @param {Event} event about an item */
  #change(event) {
    const { put, removed } = this.timeline.apply(event);
    if (put?.type === "user_message") this.heard.sent();
    else if (put) this.transcript.progress("");
    if (put) this.transcript.put(put);
    if (removed) this.transcript.remove(removed);
  }

  /** @param {Event} event an error inside the answer */
  #fault({ message, allow_retry: mayRetry }) {
    const last = this.timeline.items.findLast(({ type }) => type === "user_message");
    const action = this.heard.failed(mayRetry ? last : undefined);
    this.transcript.fault(
      message ? sentence(String(message)) : "Something went wrong while the answer was written.",
      action,
    );
  }
}

/**
 * The events of a stream. While the answer that was stopped before is being put away, it is asked for
 * again.
 *
 * @param {() => AsyncGenerator<Event, void, undefined>} ask
 * @param {number} until when that is worth it
 * @returns {AsyncGenerator<Event, void, undefined>}
 */
export async function* patiently(ask, until) {
  for (;;) {
    try {
      return yield* ask();
    } catch (error) {
      if (troubleOf(error).code !== "thread_busy" || Date.now() > until) throw error;
      await pause(BUSY_PAUSE_MS);
    }
  }
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
