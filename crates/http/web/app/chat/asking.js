/** What people ask of the server in a conversation, and what comes of it: one answer at a time. */

import { announce } from "../notices.js";
import { troubleOf } from "../trouble.js";
import { ask } from "./dialogs.js";
import { titleFrom } from "./pages.js";
import { Reader, patiently } from "./reader.js";
import { textOf } from "./timeline.js";
import { runTool } from "./tools.js";

/** @import { Conversation } from "./conversation.js" */
/** @import { ItemActions } from "./items.js" */
/** @import { Item } from "./timeline.js" */

/** After an answer was stopped the server puts away what there is; until then it takes no message. */
const PATIENCE_MS = 10_000;
/** How much of an answer is read out. */
const SPOKEN = 600;

export class Asking {
  /** The answer that comes in. @type {AbortController | null} */
  running = null;
  #isNew = false;
  #hasFault = false;
  #patientUntil = 0;

  /** @param {Conversation} conversation */
  constructor(conversation) {
    this.conversation = conversation;
  }

  /** @returns {ItemActions} what is asked by way of an item */
  ofItems() {
    return {
      retry: (item) => void this.retry(item),
      runTool: (item) => void this.#runTool(item),
      give: (item, input) => void this.#run("threads.add_structured_input", { item_id: item.id, input }),
      act: (item, action) => void this.#act(item, action),
    };
  }

  /** Stops the answer. */
  stop() {
    this.running?.abort();
  }

  /** Sends what was written. */
  async send() {
    const { composer, thread } = this.conversation;
    const text = composer.text.trim();
    const content = text ? [{ type: "input_text", text }] : [];
    const input = { content, quoted_text: "", attachments: composer.files.ids, inference_options: {} };
    await this.#run(thread ? "threads.add_user_message" : "threads.create", { input });
  }

  /** Sends what may have arrived already, before the connection was lost. */
  async #sendAgain() {
    const { timeline, transcript, composer } = this.conversation;
    const known = new Set(timeline.items.map(({ id }) => id));
    transcript.clearFoot();
    await this.conversation.refresh();
    const text = composer.text.trim();
    const isOwn = (/** @type {Item} */ item) => item.type === "user_message" && textOf(item) === text;
    if (timeline.items.some((item) => !known.has(item.id) && isOwn(item))) composer.clear();
    else await this.send();
  }

  /** Answers a message again. @param {Item} item */
  async retry(item) {
    if (this.running) return;
    const { timeline } = this.conversation;
    const after = timeline.items.slice(timeline.items.findIndex(({ id }) => id === item.id) + 1);
    if (after.some(({ type }) => type === "user_message")) {
      const text = "Everything after this message is removed.";
      const yes = await ask({ title: "Answer again?", text, yes: "Answer again", isDangerous: true });
      if (yes === null) return;
    }
    const taken = () => this.#gone(timeline.dropAfter(item.id));
    await this.#run("threads.retry_after_item", { item_id: item.id }, taken);
  }

  /** @param {Item} item a tool call */
  async #runTool(item) {
    const { timeline, transcript } = this.conversation;
    const result = await runTool({ name: item.name, params: item.arguments });
    if (this.running || this.conversation.isClosed) return;
    const taken = () => transcript.put(timeline.put({ ...item, status: "completed" }));
    await this.#run("threads.add_client_tool_output", { result }, taken);
  }

  /**
   * @param {Item} item a widget
   * @param {{type: string, payload?: any, handler?: string, streaming?: boolean}} action
   */
  async #act(item, { type, payload, handler, streaming }) {
    const { surroundings, thread, timeline, transcript } = this.conversation;
    const params = { item_id: item.id, action: { type, payload } };
    if (handler === "client") return transcript.note(`This page does nothing for ${type}.`);
    if (streaming !== false) return this.#run("threads.custom_action", params);
    try {
      const asked = { thread_id: thread?.id, ...params };
      const { updated_item: updated } = await surroundings.protocol.call("threads.sync_custom_action", asked);
      if (updated) transcript.put(timeline.put(updated));
    } catch (error) {
      if (!surroundings.isSessionOver(error)) transcript.fault(troubleOf(error).message);
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
    const { composer, surroundings, thread, timeline, transcript } = this.conversation;
    if (this.running) return transcript.note("An answer is being written. Wait for its end, or stop it.");
    const running = (this.running = new AbortController());
    const isMessage = "input" in params && !("item_id" in params);
    const known = new Set(timeline.items.map(({ id }) => id));
    let isTaken = false;
    this.#hasFault = false;
    composer.set("answering");
    transcript.clearFoot();
    transcript.progress("Waiting for the answer …");
    announce("The answer is being written.");
    try {
      const reader = this.#reader();
      const asked = thread ? { thread_id: thread.id, ...params } : params;
      const stream = () => surroundings.protocol.stream(type, asked, running.signal);
      for await (const event of patiently(stream, this.#patientUntil)) {
        if (!isTaken) taken();
        isTaken = true;
        reader.take(event);
      }
      this.#end();
      this.#finished(known);
    } catch (error) {
      this.#end();
      if (running.signal.aborted) this.#stopped();
      else
        this.#broken(error, isTaken, () => (isMessage ? this.#sendAgain() : this.#run(type, params, taken)));
    }
  }

  #reader() {
    const { composer, surroundings, timeline, transcript } = this.conversation;
    return new Reader(timeline, transcript, {
      created: (thread) => {
        this.#isNew = true;
        this.conversation.thread = thread;
        surroundings.started(this.conversation);
      },
      updated: (thread) => this.conversation.update(thread),
      sent: () => composer.clear(),
      failed: (last) => {
        this.#hasFault = true;
        // The end of the session is told like this too.
        surroundings.doubt();
        return last && { label: "Try again", act: () => void this.retry(last) };
      },
    });
  }

  #end() {
    const { composer, timeline, transcript } = this.conversation;
    this.running = null;
    this.#gone(timeline.breakOff());
    transcript.flush();
    this.conversation.show();
    transcript.progress("");
    composer.set("ready");
    this.conversation.showStatus();
  }

  /** @param {Set<string>} known the ids of items that were there before */
  #finished(known) {
    const { items, newest } = this.conversation.timeline;
    const made = items.filter(({ id, type }) => !known.has(id) && type === "assistant_message");
    const text = made.map(textOf).join("\n").slice(0, SPOKEN);
    announce(this.#hasFault ? "" : text ? `Answer: ${text}` : "The answer is finished.");
    const isCall = newest?.type === "client_tool_call" && newest.status === "pending";
    if (isCall && !this.#hasFault) void this.#runTool(newest);
    else void this.#name();
  }

  #stopped() {
    this.#patientUntil = Date.now() + PATIENCE_MS;
    announce("The answer was stopped.");
    if (!this.conversation.isClosed) this.conversation.composer.focus();
  }

  /**
   * @param {unknown} error
   * @param {boolean} isTaken whether the server had taken what was asked
   * @param {() => unknown} again
   */
  #broken(error, isTaken, again) {
    const { isClosed, surroundings, transcript } = this.conversation;
    if (isClosed || surroundings.isSessionOver(error)) return;
    const { status, message } = troubleOf(error);
    if (isTaken) {
      this.#patientUntil = Date.now() + PATIENCE_MS;
      const text =
        "The connection was lost while the answer was written. What the server has kept of it can be looked at when it is back.";
      transcript.fault(text, this.conversation.lookAgain());
      surroundings.doubt();
    } else {
      const mayTryAgain = status === 0 || status >= 500 || status === 429 || status === 409;
      transcript.fault(message, mayTryAgain ? { label: "Try again", act: () => void again() } : undefined);
    }
  }

  /** A conversation that got no title from the server is called by how it begins. */
  async #name() {
    const { surroundings, thread, timeline } = this.conversation;
    const first = timeline.items.find(({ type }) => type === "user_message");
    if (!this.#isNew || !thread || thread.title || !first) return;
    this.#isNew = false;
    try {
      const title = titleFrom(textOf(first));
      const params = { thread_id: thread.id, title };
      this.conversation.update(await surroundings.protocol.call("threads.update", params));
    } catch (error) {
      surroundings.isSessionOver(error);
    }
  }

  /** @param {string[]} ids */
  #gone(ids) {
    for (const id of ids) this.conversation.transcript.remove(id);
  }
}
