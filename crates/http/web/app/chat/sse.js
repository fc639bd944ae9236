/** Reading a stream of events: what the server sends as `data: …`, one JSON object a frame. */

/** The stream ended inside a frame. */
export class CutOff extends Error {}

/**
 * The events of a body, as they come.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<Record<string, any>, void, undefined>}
 */
export async function* events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let isOver = false;
  try {
    while (!isOver) {
      const { done, value } = await reader.read();
      isOver = done;
      rest += decoder.decode(value, { stream: !done });
      const frames = rest.split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const data = dataOf(frame);
        if (data !== "") yield JSON.parse(data);
      }
    }
  } finally {
    // Whoever stops reading hangs up: that is how an answer is stopped.
    if (!isOver) await reader.cancel().catch(() => {});
  }
  if (rest.trim() !== "") throw new CutOff("the stream ended inside an event");
}

/**
 * @param {string} frame
 * @returns {string}
 */
function dataOf(frame) {
  return frame
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trimStart())
    .join("\n");
}
