/** One conversation: what is asked of the server, and what comes of it. */

import { h } from "../dom.js";
import { announce } from "../notices.js";
import { troubleOf } from "../trouble.js";
import { Composer } from "./composer.js";
import { ask } from "./dialogs.js";
import { Pages, titleFrom } from "./pages.js";
import { Reader, patiently, pause } from "./reader.js";
import { Timeline, textOf } from "./timeline.js";
import { runTool } from "./tools.js";
import { Transcript } from "./transcript.js";

/** @import { Item } from "./timeline.js" */
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

/** After an answer was stopped the server puts away what there is; until then it takes no message. */
const PATIENCE_MS = 10_000;
/** The pauses between looks for an answer that is written elsewhere, or put away right now. */
const LOOKS_MS = [400, 800, 1500, 3000, 6000, 6000];

export class Conversation {
  /** @type {Thread | null} */
  thread = null;
  /** The answer that comes in. @type {AbortController | null} */
  running = null;
  isClosed = false;
  #timeline = new Timeline();
  #isNew = false;
  #hasFault = false;
  #isWaiting = false;
  #patientUntil = 0;
  /** @type {Pages} */
  #pages;
  /** @type {Reader} */
  #reader;

  /**
   * @param {Surroundings} surroundings
   * @param {string} draft
   */
  constructor(surroundings, draft) {
    this.surroundings = surroundings;
    this.#pages = new Pages(surroundings.protocol, this.#timeline);
    this.transcript = new Transcript(
      {
        retry: (item) => void this.#retry(item),
        runTool: (item) => void this.#runTool(item),
        give: (item, input) => void this.#run("threads.add_structured_input", { item_id: item.id, input }),
        act: (item, action) => void this.#act(item, action),
      },
      () => void this.#loadOlder(),
    );
    this.composer = new Composer(surroundings.protocol, {
      send: () => void this.#send(),
      stop: () => this.stop(),
      tell: (problem) => this.transcript.fault(problem),
      isSessionOver: surroundings.isSessionOver,
    });
    this.composer.text = draft;
    this.#reader = new Reader(this.#timeline, this.transcript, {
      created: (thread) => this.#created(thread),
      updated: (thread) => this.update(thread),
      sent: () => this.composer.clear(),
      failed: (last) => this.#told(last),
    });
    this.element = h("section", { class: "conversation", "aria-label": "Conversation" }, this.transcript.element, this.composer.element);
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
      if (status === 404) this.composer.set("closed", "Choose another conversation, or begin a new one.");
      this.transcript.fault(message, status === 404 ? undefined : { label: "Try again", act: () => (this.transcript.clearFoot(), void this.open(id)) });
    }
  }

  /** Shows what has come since; what cannot be had now comes another time. */
  async refresh() {
    if (!this.thread || this.running) return;
    try {
      await this.#sync();
      void this.#waitForAnswer();
    } catch (error) {
      this.surroundings.isSessionOver(error);
    }
  }

  /** Stops the answer. */
  stop() {
    this.running?.abort();
  }

  close() {
    this.isClosed = true;
    this.stop();
  }

  /** @param {Thread} thread */
  update(thread) {
    this.thread = { ...this.thread, ...thread };
    this.#showStatus();
    this.surroundings.changed(this.thread);
  }

  /** @param {Thread} thread */
  #created(thread) {
    this.#isNew = true;
    this.thread = thread;
    this.surroundings.started(this);
  }

  async #send() {
    const text = this.composer.text.trim();
    const input = { content: text ? [{ type: "input_text", text }] : [], quoted_text: "", attachments: this.composer.files.ids, inference_options: {} };
    await this.#run(this.thread ? "threads.add_user_message" : "threads.create", { input });
  }

  /** Sends what may have arrived already, before the connection was lost. */
  async #sendAgain() {
    const known = this.#timeline.newest?.id;
    this.transcript.clearFoot();
    await this.refresh();
    const last = this.#timeline.items.findLast(({ type }) => type === "user_message");
    const items = this.#timeline.items.map(({ id }) => id);
    const isThere = last && items.indexOf(last.id) > items.indexOf(known ?? "") && textOf(last) === this.composer.text.trim();
    if (isThere) this.composer.clear();
    else await this.#send();
  }

  /** @param {Item} item */
  async #retry(item) {
    if (this.running) return;
    const after = this.#timeline.items.slice(this.#timeline.items.indexOf(item) + 1);
    if (after.some(({ type }) => type === "user_message")) {
      const yes = await ask({ title: "Answer again?", text: "Everything after this message is removed.", yes: "Answer again", isDangerous: true });
      if (yes === null) return;
    }
    await this.#run("threads.retry_after_item", { item_id: item.id }, () => this.#gone(this.#timeline.dropAfter(item.id)));
  }

  /** @param {Item} item */
  async #runTool(item) {
    const result = await runTool({ name: item.name, params: item.arguments });
    if (this.running || this.isClosed) return;
    await this.#run("threads.add_client_tool_output", { result }, () => this.transcript.put(this.#timeline.put({ ...item, status: "completed" })));
  }

  /**
   * @param {Item} item
   * @param {{type: string, payload?: any, handler?: string, streaming?: boolean}} action
   */
  async #act(item, { type, payload, handler, streaming }) {
    const params = { item_id: item.id, action: { type, payload } };
    if (handler === "client") return this.transcript.note(`This page does nothing for ${type}.`);
    if (streaming !== false) return this.#run("threads.custom_action", params);
    try {
      const { updated_item: updated } = await this.surroundings.protocol.call("threads.sync_custom_action", { thread_id: this.thread?.id, ...params });
      if (updated) this.transcript.put(this.#timeline.put(updated));
    } catch (error) {
      if (!this.surroundings.isSessionOver(error)) this.transcript.fault(troubleOf(error).message);
    }
  }

  /**
   * Asks for an answer, and shows it as it comes.
   *
   * @param {string} type
   * @param {Record<string, any>} params
   * @param {() => void} [taken] what the server does without telling when it takes this
   */
  async #run(type, params, taken = () => {}) {
    if (this.running) return this.transcript.note("An answer is being written. Wait for its end, or stop it.");
    const running = (this.running = new AbortController());
    const isMessage = "input" in params && !("item_id" in params);
    const known = new Set(this.#timeline.items.map(({ id }) => id));
    let isTaken = false;
    this.#hasFault = false;
    this.composer.set("answering");
    this.transcript.clearFoot();
    this.transcript.progress("Waiting for the answer …");
    announce("The answer is being written.");
    try {
      const asked = this.thread ? { thread_id: this.thread.id, ...params } : params;
      for await (const event of patiently(() => this.surroundings.protocol.stream(type, asked, running.signal), this.#patientUntil)) {
        if (!isTaken) taken();
        isTaken = true;
        this.#reader.take(event);
      }
      this.#end();
      this.#finished(known);
    } catch (error) {
      this.#end();
      if (running.signal.aborted) this.#stopped();
      else this.#broken(error, isTaken, () => (isMessage ? this.#sendAgain() : this.#run(type, params, taken)));
    }
  }

  #end() {
    this.running = null;
    this.#gone(this.#timeline.breakOff());
    this.transcript.flush();
    this.transcript.show(this.#timeline.items, this.#pages.hasOlder);
    this.transcript.progress("");
    this.composer.set("ready");
    this.#showStatus();
  }

  /** @param {Item | undefined} last the message that the answer is for, when it may be asked for again */
  #told(last) {
    this.#hasFault = true;
    // The end of the session is told like this too.
    this.surroundings.doubt();
    return last && { label: "Try again", act: () => void this.#retry(last) };
  }

  /** @param {Set<string>} known the ids of items that were there before */
  #finished(known) {
    const made = this.#timeline.items.filter(({ id, type }) => !known.has(id) && type === "assistant_message");
    const text = made.map(textOf).join("\n");
    announce(this.#hasFault ? "" : text ? `Answer: ${text.slice(0, 600)}` : "The answer is finished.");
    const newest = this.#timeline.newest;
    if (newest?.type === "client_tool_call" && newest.status === "pending" && !this.#hasFault) void this.#runTool(newest);
    else void this.#name();
  }

  #stopped() {
    this.#patientUntil = Date.now() + PATIENCE_MS;
    announce("The answer was stopped.");
    if (!this.isClosed) this.composer.focus();
  }

  /**
   * @param {unknown} error
   * @param {boolean} isTaken whether the server had taken what was asked
   * @param {() => unknown} again
   */
  #broken(error, isTaken, again) {
    if (this.isClosed || this.surroundings.isSessionOver(error)) return;
    const { status, message } = troubleOf(error);
    if (isTaken) {
      this.#patientUntil = Date.now() + PATIENCE_MS;
      this.transcript.fault("The connection was lost while the answer was written. What the server has kept of it can be looked at when it is back.", this.#lookAgain());
      this.surroundings.doubt();
    } else {
      const mayTryAgain = status === 0 || status >= 500 || status === 429 || status === 409;
      this.transcript.fault(message, mayTryAgain ? { label: "Try again", act: () => void again() } : undefined);
    }
  }

  #lookAgain() {
    const act = async () => {
      this.transcript.clearFoot();
      try {
        await this.#sync();
        void this.#waitForAnswer();
      } catch (error) {
        if (!this.surroundings.isSessionOver(error)) this.transcript.fault(troubleOf(error).message, this.#lookAgain());
      }
    };
    return { label: "Look again", act: () => void act() };
  }

  /** Takes the newest page, title and status from the server. */
  async #sync() {
    const thread = await this.#pages.newest(this.thread?.id ?? "", () => !this.running && !this.isClosed);
    if (!thread) return;
    this.transcript.show(this.#timeline.items, this.#pages.hasOlder);
    this.update(thread);
  }

  async #loadOlder() {
    try {
      await this.#pages.older(this.thread?.id ?? "");
      this.transcript.showOlder(this.#timeline.items, this.#pages.hasOlder);
      // The button that was pressed is gone with the last page.
      if (!this.#pages.hasOlder) this.transcript.element.focus({ preventScroll: true });
    } catch (error) {
      if (!this.surroundings.isSessionOver(error)) this.transcript.fault(troubleOf(error).message);
    }
  }

  /** After a message without an answer: another tab may write it, or the server put it away right now. */
  async #waitForAnswer() {
    const isOpen = () => this.#timeline.newest?.type === "user_message" && !this.running && !this.isClosed;
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
      if (!this.running) this.transcript.progress("");
    }
    const newest = this.#timeline.newest;
    if (newest && isOpen()) this.transcript.note("There is no answer to this message yet.", { label: "Answer again", act: () => void this.#retry(newest) });
  }

  /** A conversation that got no title from the server is called by how it begins. */
  async #name() {
    const first = this.#timeline.items.find(({ type }) => type === "user_message");
    if (!this.#isNew || !this.thread || this.thread.title || !first) return;
    this.#isNew = false;
    try {
      this.update(await this.surroundings.protocol.call("threads.update", { thread_id: this.thread.id, title: titleFrom(textOf(first)) }));
    } catch (error) {
      this.surroundings.isSessionOver(error);
    }
  }

  #showStatus() {
    const { type = "active", reason } = this.thread?.status ?? {};
    if (this.running) return;
    if (type === "active") return this.composer.mode === "closed" && this.composer.set("ready");
    this.composer.set("closed", `This conversation is ${type === "locked" ? "locked" : "closed"}${reason ? `: ${reason}` : ""}.`);
  }

  /** @param {string[]} ids */
  #gone(ids) {
    for (const id of ids) this.transcript.remove(id);
  }
}
