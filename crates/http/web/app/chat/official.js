/** The ChatKit component: loaded from its vendor, and given up when it does not come or fails. */

import { h } from "../dom.js";
import { runEffect, runTool } from "./tools.js";

const SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const ELEMENT = "openai-chatkit";
/** How long it may take until the component says that it is ready. */
const PATIENCE_MS = 6_000;

/** @typedef {HTMLElement & {setOptions: (options: object) => void}} ChatKitElement */

/**
 * Mounts the component into a place.
 *
 * @param {HTMLElement} place
 * @param {object} options with `api`
 * @param {{thread: string | null, changed: (thread: string | null) => void, failed: (why: string, isUsed: boolean) => void, signal: AbortSignal}} does
 *   `failed` is called for what goes wrong after it was ready; `isUsed` says whether anybody has begun
 * @returns {Promise<ChatKitElement>} rejects when it cannot be had
 */
export async function mountOfficial(place, options, { thread, changed, failed, signal }) {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  await Promise.race([loadScript(), ended(limit)]);
  await Promise.race([customElements.whenDefined(ELEMENT), ended(limit)]);
  const element = /** @type {ChatKitElement} */ (document.createElement(ELEMENT));
  let isReady = false;
  let isUsed = false;
  for (const use of ["chatkit.response.start", "chatkit.thread.change", "chatkit.thread.load.start"]) {
    element.addEventListener(use, () => (isUsed = true));
  }
  const ready = new Promise((resolve, reject) => {
    element.addEventListener("chatkit.ready", () => resolve((isReady = true)), { once: true });
    element.addEventListener("chatkit.error", (event) => {
      const why = wordsOf(event);
      if (isReady) failed(why, isUsed);
      else reject(new Error(why));
    });
  });
  element.addEventListener("chatkit.thread.change", (event) =>
    changed(/** @type {CustomEvent} */ (event).detail?.threadId ?? null),
  );
  element.addEventListener("chatkit.effect", (event) => {
    const { name, data } = /** @type {CustomEvent} */ (event).detail ?? {};
    runEffect(String(name), data ?? {});
  });
  element.classList.add("official-chat");
  place.append(element);
  try {
    element.setOptions({
      ...options,
      initialThread: thread,
      theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
      history: { enabled: true, showDelete: true, showRename: true },
      threadItemActions: { retry: true },
      composer: { attachments: { enabled: true } },
      onClientTool: runTool,
    });
    await Promise.race([ready, ended(limit)]);
  } catch (error) {
    element.remove();
    throw error;
  }
  return element;
}

/** @type {Promise<void> | null} */
let loading = null;

/** Loads the vendor's script, once; a script that did not come is tried again the next time. */
function loadScript() {
  if (customElements.get(ELEMENT)) return Promise.resolve();
  loading ??= new Promise((resolve, reject) => {
    const script = h("script", { src: SCRIPT, async: true });
    const give = (/** @type {string} */ why) => {
      script.remove();
      loading = null;
      reject(new Error(why));
    };
    // A script that throws counts as loaded; what it threw is told to the window.
    const thrown = (/** @type {ErrorEvent} */ event) => {
      if (event.filename === SCRIPT || event.message === "Script error.") give("its script failed");
    };
    addEventListener("error", thrown);
    script.addEventListener(
      "error",
      () => (removeEventListener("error", thrown), give("its script could not be loaded")),
    );
    script.addEventListener("load", () => (removeEventListener("error", thrown), resolve()));
    document.head.append(script);
  });
  return loading;
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<never>}
 */
function ended(signal) {
  return new Promise((_, reject) => {
    const give = () => reject(new Error("it did not become ready in time"));
    if (signal.aborted) give();
    else signal.addEventListener("abort", give, { once: true });
  });
}

/** @param {Event} event */
function wordsOf(event) {
  const { error } = /** @type {CustomEvent} */ (event).detail ?? {};
  return error instanceof Error || typeof error?.message === "string"
    ? String(error.message)
    : "it reported a fault";
}
