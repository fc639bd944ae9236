/** One conversation: what the server has of it, and how it stands. What is asked there is in `asking.js`. */

import { h } from "../dom.js";
import { troubleOf } from "../trouble.js";
import { Asking } from "./asking.js";
import { Composer } from "./composer.js";
import { Pages } from "./pages.js";
import { pause } from "./reader.js";
import { Timeline } from "./timeline.js";
import { Transcript } from "./transcript.js";

/** @import { Protocol } from "./protocol.js" */

/** @typedef {{id: string, title?: string, status?: {type: string, reason?: string}}} Thread */

/**
 * What a conversation needs from where it stands.
 *
 * @typedef {object} Surroundings
 * @property {Protocol} protocol
 * @property {(error: unknown) => boolean} isSessionOver handles the end of the session, and says whether it was that
 * @property {() => void} doubt something may have happened to the session
 * @property {(conversation: Conversation) => void} started the server has made the thread
 * @property {(thread: Thread) => void} changed its title or status did
 */

/** The pauses between looks for an answer that is written elsewhere, or put away right now. */
const LOOKS_MS = [400, 800, 1500, 3000, 6000, 6000];

export class Conversation {
  /** None until the first message. @type {Thread | null} */
  thread = null;
  timeline = new Timeline();
  isClosed = false;
  #isWaiting = false;

  /**
   * @param {Surroundings} surroundings
   * @param {string} draft
   */
  constructor(surroundings, draft) {
    this.surroundings = surroundings;
    this.pages = new Pages(surroundings.protocol, this.timeline);
    this.asking = new Asking(this);
    this.transcript = new Transcript(this.asking.ofItems(), () => void this.#loadOlder());
    this.composer = new Composer(surroundings.protocol, {
      send: () => void this.asking.send(),
      stop: () => this.asking.stop(),
      tell: (problem) => this.transcript.fault(problem),
      isSessionOver: surroundings.isSessionOver,
    });
    this.composer.text = draft;
    const parts = [this.transcript.element, this.composer.element];
    this.element = h("section", { class: "conversation", "aria-label": "Conversation" }, ...parts);
  }

  /** Whether an answer comes in. */
  get isRunning() {
    return this.asking.running !== null;
  }

  /** @param {string} id of the thread that is to be shown */
  async open(id) {
    this.thread = { id };
    this.transcript.empty.hidden = true;
    this.transcript.progress("Loading …");
    try {
      await this.#sync();
      this.transcript.clearFoot();
      this.transcript.toEnd();
      void this.#waitForAnswer();
    } catch (error) {
      this.transcript.clearFoot();
      if (this.surroundings.isSessionOver(error)) return;
      const { status, message } = troubleOf(error);
      const isGone = status === 404;
      if (isGone) this.composer.set("closed", "Choose another conversation, or begin a new one.");
      const again = { label: "Try again", act: () => (this.transcript.clearFoot(), void this.open(id)) };
      this.transcript.fault(message, isGone ? undefined : again);
    }
  }

  /** Shows what has come since; what cannot be had now comes another time. */
  async refresh() {
    if (!this.thread || this.isRunning) return;
    try {
      await this.#sync();
      void this.#waitForAnswer();
    } catch (error) {
      this.surroundings.isSessionOver(error);
    }
  }

  /** What is offered when an answer has broken off. */
  lookAgain() {
    const act = async () => {
      this.transcript.clearFoot();
      try {
        await this.#sync();
        void this.#waitForAnswer();
      } catch (error) {
        if (this.surroundings.isSessionOver(error)) return;
        this.transcript.fault(troubleOf(error).message, this.lookAgain());
      }
    };
    return { label: "Look again", act: () => void act() };
  }

  close() {
    this.isClosed = true;
    this.asking.stop();
  }

  /** Shows the items as they are now. */
  show() {
    this.transcript.show(this.timeline.items, this.pages.hasOlder);
  }

  /** @param {Thread} thread */
  update(thread) {
    this.thread = { ...this.thread, ...thread };
    this.showStatus();
    this.surroundings.changed(this.thread);
  }

  /** A conversation that takes no messages says why. */
  showStatus() {
    if (this.isRunning) return;
    const { type = "active", reason } = this.thread?.status ?? {};
    if (type !== "active") {
      const state = type === "locked" ? "locked" : "closed";
      this.composer.set("closed", `This conversation is ${state}${reason ? `: ${reason}` : ""}.`);
    } else if (this.composer.mode === "closed") {
      this.composer.set("ready");
    }
  }

  /** Takes the newest page, title and status from the server. */
  async #sync() {
    const isWanted = () => !this.isRunning && !this.isClosed;
    const thread = await this.pages.newest(this.thread?.id ?? "", isWanted);
    if (!thread) return;
    this.show();
    this.update(thread);
  }

  async #loadOlder() {
    try {
      await this.pages.older(this.thread?.id ?? "");
      this.transcript.showOlder(this.timeline.items, this.pages.hasOlder);
      // The button that was pressed is gone with the last page.
      if (!this.pages.hasOlder) this.transcript.element.focus({ preventScroll: true });
    } catch (error) {
      if (!this.surroundings.isSessionOver(error)) this.transcript.fault(troubleOf(error).message);
    }
  }

  /** After a message without an answer: another tab may write it, or the server put it away right now. */
  async #waitForAnswer() {
    const isOpen = () => this.timeline.newest?.type === "user_message" && !this.isRunning && !this.isClosed;
    if (this.#isWaiting || !isOpen()) return;
    this.#isWaiting = true;
    this.transcript.clearFoot();
    this.transcript.progress("Looking for the answer …");
    try {
      for (const look of LOOKS_MS) {
        await pause(look);
        if (!isOpen()) break;
        await this.#sync();
      }
    } catch (error) {
      this.surroundings.isSessionOver(error);
    } finally {
      this.#isWaiting = false;
      if (!this.isRunning) this.transcript.progress("");
    }
    const newest = this.timeline.newest;
    if (!newest || !isOpen()) return;
    const again = { label: "Answer again", act: () => void this.asking.retry(newest) };
    this.transcript.note("There is no answer to this message yet.", again);
  }
}
