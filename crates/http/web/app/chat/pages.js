/** What the server has of a conversation, a page at a time. */

/** @import { Protocol } from "./protocol.js" */
/** @import { Timeline } from "./timeline.js" */
/** @import { Thread } from "./conversation.js" */

const PAGE = 30;
const TITLE_LENGTH = 60;

export class Pages {
  hasOlder = false;

  /**
   * @param {Protocol} protocol
   * @param {Timeline} timeline is kept up to date
   */
  constructor(protocol, timeline) {
    this.protocol = protocol;
    this.timeline = timeline;
  }

  /**
   * Takes the newest page.
   *
   * @param {string} id of the thread
   * @param {() => boolean} isWanted whether it still is when it has come
   * @returns {Promise<Thread | null>} title and status; null when it was wanted no more
   */
  async newest(id, isWanted) {
    const [thread, page] = await Promise.all([
      this.protocol.call("threads.get_by_id", { thread_id: id }),
      this.#page(id),
    ]);
    if (!isWanted()) return null;
    this.timeline.takeNewest(page.data.toReversed(), page.has_more);
    this.hasOlder = page.has_more && (this.hasOlder || this.timeline.items.length === page.data.length);
    return { id: thread.id, title: thread.title, status: thread.status };
  }

  /** @param {string} id of the thread */
  async older(id) {
    const page = await this.#page(id, this.timeline.items[0]?.id);
    this.timeline.takeOlder(page.data.toReversed());
    this.hasOlder = page.has_more;
  }

  /**
   * @param {string} id
   * @param {string} [after]
   */
  #page(id, after) {
    return this.protocol.call("items.list", {
      thread_id: id,
      limit: PAGE,
      order: "desc",
      ...(after && { after }),
    });
  }
}

/**
 * What a conversation is called that begins with this text.
 *
 * @param {string} text
 * @returns {string}
 */
export function titleFrom(text) {
  const line = text.split("\n")[0]?.trim() || "Files";
  return line.length > TITLE_LENGTH ? `${line.slice(0, TITLE_LENGTH).trimEnd()} …` : line;
}
