// The stand-in for OpenAI's hosted sessions that comes with the binary.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { BINARY } from "./server.js";

/** A stand-in that runs until it is ended. */
export class HostedStub {
  /**
   * @param {import("node:child_process").ChildProcess} process
   * @param {Record<string, string>} settings of a server that shall use it
   */
  constructor(process, settings) {
    this.process = process;
    this.settings = settings;
  }

  /** Starts one, which says itself what a server has to be told. */
  static async start() {
    const child = spawn(BINARY, ["dev", "hosted-stub", "--port", "0"], { env: {}, stdio: ["ignore", "pipe", "inherit"] });
    /** @type {Record<string, string>} */
    const settings = {};
    for await (const line of createInterface(child.stdout)) {
      for (const [, name = "", value = ""] of line.matchAll(/([A-Z_]+)=(\S+)/g)) settings[name] = value;
      if ("CHATKIT_WORKFLOW_ID" in settings) {
        child.stdout.resume();
        return new HostedStub(child, settings);
      }
    }
    throw new Error("the stand-in did not start");
  }

  async end() {
    if (this.process.exitCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill();
    await ended;
  }
}
