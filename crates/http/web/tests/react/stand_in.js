// In place of the vendor's component: it asks as that does, and shows what it got.

const INPUT = { content: [{ type: "input_text", text: "hello from a page" }], quoted_text: "", attachments: [], inference_options: {} };

class StandIn extends HTMLElement {
  /** @type {import("@openai/chatkit").ChatKitOptions | undefined} */
  options;

  /** @param {import("@openai/chatkit").ChatKitOptions} options */
  setOptions(options) {
    this.options = options;
    return this.again();
  }

  async again() {
    try {
      if (this.options) await this.ask(this.options.api);
    } catch (error) {
      this.show("fault", String(error));
    }
  }

  /** @param {import("@openai/chatkit").ChatKitOptions["api"]} api */
  async ask(api) {
    if ("getClientSecret" in api) {
      const secret = await api.getClientSecret(null);
      this.show("secret", secret);
      this.show("next", await api.getClientSecret(secret));
    } else if (api.fetch) {
      const body = JSON.stringify({ type: "threads.create", params: { input: INPUT } });
      const headers = { "content-type": "application/json", accept: "text/event-stream", "chatkit-frame-instance-id": "f1" };
      const answer = await api.fetch(api.url, { method: "POST", headers, body });
      this.show("answer", await answer.text());
    }
  }

  /** @param {string} name @param {string} text */
  show(name, text) {
    const place = document.createElement("output");
    place.dataset.name = name;
    place.textContent = text;
    this.append(place);
  }
}

customElements.define("openai-chatkit", StandIn);
