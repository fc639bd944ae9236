// Reading a stream and what becomes of its events; no browser is needed for that.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CutOff, events } from "../../app/chat/sse.js";
import { Timeline, textOf } from "../../app/chat/timeline.js";

const SENT = [
  { type: "thread.item.added", item: { id: "msg_1", type: "assistant_message", content: [] } },
  {
    type: "thread.item.updated",
    item_id: "msg_1",
    update: {
      type: "assistant_message.content_part.added",
      content_index: 0,
      content: { type: "output_text", text: "", annotations: [] },
    },
  },
  {
    type: "thread.item.updated",
    item_id: "msg_1",
    update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: "Grüße, 世界 🎉" },
  },
  {
    type: "thread.item.updated",
    item_id: "msg_1",
    update: {
      type: "assistant_message.content_part.annotation_added",
      content_index: 0,
      annotation_index: 0,
      annotation: { type: "annotation" },
    },
  },
];
const BYTES = new TextEncoder().encode(SENT.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));

/** @param {Uint8Array[]} chunks */
const body = (chunks) =>
  new ReadableStream({
    start: (control) => (chunks.forEach((chunk) => control.enqueue(chunk)), control.close()),
  });

/** @param {ReadableStream<Uint8Array>} stream */
async function all(stream) {
  const read = [];
  for await (const event of events(stream)) read.push(event);
  return read;
}

test("a stream reads the same wherever it is cut into chunks, also inside a character", async () => {
  for (let at = 0; at <= BYTES.length; at += 1) {
    assert.deepEqual(await all(body([BYTES.subarray(0, at), BYTES.subarray(at)])), SENT);
  }
  assert.deepEqual(await all(body([...BYTES].map((byte) => Uint8Array.of(byte)))), SENT);
});

test("a stream that ends inside an event is cut off", async () => {
  await assert.rejects(all(body([BYTES.subarray(0, BYTES.length - 3)])), CutOff);
});

test("a reader who stops hangs up", async () => {
  let isCancelled = false;
  const endless = new ReadableStream({
    pull: (control) => control.enqueue(new TextEncoder().encode('data: {"type":"notice"}\n\n')),
    cancel: () => void (isCancelled = true),
  });
  for await (const event of events(endless)) {
    assert.equal(event.type, "notice");
    break;
  }
  assert.ok(isCancelled);
});

test("a message grows by its deltas, and keeps its annotations when its part is done", () => {
  const timeline = new Timeline();
  for (const event of structuredClone(SENT)) timeline.apply(event);
  const content = { type: "output_text", text: "Grüße, 世界 🎉", annotations: [] };
  timeline.apply({
    type: "thread.item.updated",
    item_id: "msg_1",
    update: { type: "assistant_message.content_part.done", content_index: 0, content },
  });
  const [item] = timeline.items;
  assert.ok(item);
  assert.equal(textOf(item), "Grüße, 世界 🎉");
  assert.equal(item.content[0].annotations.length, 1);
});

test("of an answer that breaks off only texts are kept", () => {
  const timeline = new Timeline();
  for (const event of structuredClone(SENT)) timeline.apply(event);
  timeline.apply({
    type: "thread.item.added",
    item: { id: "wf_1", type: "workflow", workflow: { tasks: [] } },
  });
  timeline.apply({
    type: "thread.item.added",
    item: { id: "msg_2", type: "assistant_message", content: [] },
  });
  assert.deepEqual(timeline.breakOff(), ["wf_1", "msg_2"]);
  assert.deepEqual(
    timeline.items.map(({ id, stopped }) => [id, stopped]),
    [["msg_1", true]],
  );
});

test("parts of widgets, workflows and images change in their place", () => {
  const timeline = new Timeline();
  const widget = {
    type: "Card",
    children: [{ type: "Row", children: [{ type: "Text", id: "t", value: "Hel" }] }],
  };
  timeline.apply({ type: "thread.item.added", item: { id: "w", type: "widget", widget } });
  const update = (/** @type {string} */ item_id, /** @type {object} */ change) =>
    timeline.apply({ type: "thread.item.updated", item_id, update: change });
  update("w", { type: "widget.streaming_text.value_delta", component_id: "t", delta: "lo", done: true });
  assert.equal(timeline.find("w")?.widget.children[0].children[0].value, "Hello");
  update("w", {
    type: "widget.component.updated",
    component_id: "t",
    component: { type: "Badge", id: "t", label: "new" },
  });
  assert.deepEqual(timeline.find("w")?.widget.children[0].children[0], {
    type: "Badge",
    id: "t",
    label: "new",
  });
  update("w", { type: "widget.root.updated", widget: { type: "Basic" } });
  assert.deepEqual(timeline.find("w")?.widget, { type: "Basic" });

  timeline.apply({
    type: "thread.item.added",
    item: { id: "wf", type: "workflow", workflow: { tasks: [] } },
  });
  update("wf", { type: "workflow.task.added", task_index: 0, task: { type: "thought", content: "a" } });
  update("wf", { type: "workflow.task.updated", task_index: 0, task: { type: "thought", content: "b" } });
  assert.equal(timeline.find("wf")?.workflow.tasks[0].content, "b");
  update("nobody", { type: "workflow.task.added", task_index: 0, task: {} });
  assert.equal(timeline.items.length, 2);
});

test("a newest page goes on from what is known, or takes its place", () => {
  const timeline = new Timeline();
  const item = (/** @type {string} */ id) => ({ id, type: "user_message" });
  timeline.takeNewest([item("3"), item("4"), item("gone")], true);
  timeline.takeOlder([item("1"), item("2"), item("3")]);
  timeline.takeNewest([item("3"), item("4"), item("5")], true);
  assert.deepEqual(
    timeline.items.map(({ id }) => id),
    ["1", "2", "3", "4", "5"],
  );
  timeline.takeNewest([item("8"), item("9")], true);
  assert.deepEqual(
    timeline.items.map(({ id }) => id),
    ["8", "9"],
  );
});
