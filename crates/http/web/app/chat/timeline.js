/** What a conversation is made of, and what each event changes in it. Nothing here is drawn. */

/** @typedef {{id: string, type: string, created_at?: string} & Record<string, any>} Item */

/**
 * What an event changed: an item that is to be drawn again, or one that is gone.
 *
 * @typedef {{put?: Item, removed?: string}} Change
 */

export class Timeline {
  /** In order of their creation. @type {Item[]} */
  items = [];
  /** Items that are still being written. @type {Set<string>} */
  open = new Set();

  /** @param {string} id */
  find(id) {
    return this.items.find((item) => item.id === id);
  }

  get newest() {
    return this.items.at(-1);
  }

  /**
   * Takes an event. Events that are about no item change nothing here.
   *
   * @param {Record<string, any>} event
   * @returns {Change}
   */
  apply(event) {
    switch (event.type) {
      case "thread.item.added":
        this.open.add(event.item.id);
        return { put: this.put(event.item) };
      case "thread.item.done":
      case "thread.item.replaced":
        this.open.delete(event.item.id);
        return { put: this.put(event.item) };
      case "thread.item.removed":
        return this.remove(event.item_id);
      case "thread.item.updated": {
        const item = this.find(event.item_id);
        if (!item) return {};
        update(item, event.update);
        return { put: item };
      }
      default:
        return {};
    }
  }

  /**
   * An answer was stopped or has broken off: of what was being written only texts are kept, as the
   * server does.
   *
   * @returns {string[]} the ids of items that are gone
   */
  breakOff() {
    const gone = this.items.filter((item) => this.open.has(item.id) && textOf(item).trim() === "");
    for (const item of gone) this.remove(item.id);
    for (const item of this.items) if (this.open.has(item.id)) item.stopped = true;
    this.open.clear();
    return gone.map((item) => item.id);
  }

  /**
   * Drops everything after this item.
   *
   * @param {string} id
   * @returns {string[]} the ids of items that are gone
   */
  dropAfter(id) {
    const at = this.items.findIndex((item) => item.id === id);
    const gone = at < 0 ? [] : this.items.splice(at + 1);
    return gone.map((item) => item.id);
  }

  /**
   * Takes the newest page of what the server has, oldest first, in place of what is known of it.
   *
   * @param {Item[]} page
   * @param {boolean} hasOlder
   */
  takeNewest(page, hasOlder) {
    const first = page[0];
    const at = first ? this.items.findIndex((item) => item.id === first.id) : -1;
    // Where the page goes on from what is known, the older items are still good.
    const older = hasOlder && at > 0 ? this.items.slice(0, at) : [];
    this.items = [...older, ...page];
    this.open.clear();
  }

  /** @param {Item[]} page oldest first */
  takeOlder(page) {
    const known = new Set(this.items.map((item) => item.id));
    this.items.unshift(...page.filter((item) => !known.has(item.id)));
  }

  /** @param {Item} item */
  put(item) {
    const at = this.items.findIndex(({ id }) => id === item.id);
    if (at < 0) this.items.push(item);
    else this.items[at] = item;
    return item;
  }

  /**
   * @param {string} id
   * @returns {Change}
   */
  remove(id) {
    this.open.delete(id);
    this.items = this.items.filter((item) => item.id !== id);
    return { removed: id };
  }
}

/**
 * The text of a message; empty for other items.
 *
 * @param {Item} item
 * @returns {string}
 */
export function textOf(item) {
  const isMessage = item.type === "assistant_message" || item.type === "user_message";
  return isMessage ? (item.content ?? []).map((/** @type {any} */ part) => part.text ?? "").join("\n") : "";
}

/**
 * @param {Item} item
 * @param {Record<string, any>} change
 */
function update(item, change) {
  switch (change.type) {
    case "assistant_message.content_part.added":
    case "assistant_message.content_part.done": {
      // The part that is done may come without the annotations that were added one by one.
      const annotations = item.content?.[change.content_index]?.annotations ?? [];
      const part = { ...change.content };
      if (!part.annotations?.length) part.annotations = annotations;
      (item.content ??= [])[change.content_index] = part;
      break;
    }
    case "assistant_message.content_part.text_delta": {
      const part = item.content?.[change.content_index];
      if (part) part.text += change.delta;
      break;
    }
    case "assistant_message.content_part.annotation_added": {
      const part = item.content?.[change.content_index];
      if (part) (part.annotations ??= [])[change.annotation_index] = change.annotation;
      break;
    }
    case "widget.streaming_text.value_delta": {
      const component = componentOf(item.widget, change.component_id);
      if (component) component.value = (component.value ?? "") + change.delta;
      break;
    }
    case "widget.component.updated": {
      const component = componentOf(item.widget, change.component_id);
      if (component) {
        for (const key of Object.keys(component)) delete component[key];
        Object.assign(component, change.component);
      }
      break;
    }
    case "widget.root.updated":
      item.widget = change.widget;
      break;
    case "workflow.task.added":
    case "workflow.task.updated":
      if (item.workflow) (item.workflow.tasks ??= [])[change.task_index] = change.task;
      break;
    case "generated_image.updated":
      item.image = change.image;
      item.progress = change.progress;
      break;
  }
}

/**
 * @param {any} node
 * @param {string} id
 * @returns {Record<string, any> | undefined}
 */
function componentOf(node, id) {
  if (Array.isArray(node)) {
    for (const child of node) {
      const found = componentOf(child, id);
      if (found) return found;
    }
    return undefined;
  }
  if (!node || typeof node !== "object") return undefined;
  return node.id === id ? node : componentOf(node.children, id);
}
