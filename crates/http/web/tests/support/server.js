// The built binary, on a database of its own, with the scripted responder.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The built program. */
export const BINARY =
  process.env.AUTORISEN_BINARY ??
  fileURLToPath(new URL("../../../../../target/debug/autorisen", import.meta.url));

/** A server that runs until it is stopped. */
export class Server {
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;
  /** @type {string[]} */
  #lines = [];

  /**
   * Starts one. It keeps its database and its address when it is started again.
   *
   * @param {Record<string, string>} [settings] beside those that every test needs
   */
  static async start(settings = {}) {
    const server = new Server(await mkdtemp(join(tmpdir(), "autorisen-web-")), settings);
    await server.start();
    return server;
  }

  /**
   * @param {string} folder
   * @param {Record<string, string>} settings
   */
  constructor(folder, settings) {
    this.folder = folder;
    this.settings = settings;
    this.url = "";
  }

  /** Starts it, at the address that it had before. */
  async start() {
    const child = spawn(BINARY, ["serve"], {
      cwd: this.folder,
      env: this.#environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    child.stderr.on("data", (text) => this.#lines.push(String(text)));
    for await (const line of createInterface(child.stdout)) {
      this.#lines.push(line);
      const record = parse(line);
      if (record.event === "server.start") {
        this.url = String(record.url);
        child.stdout.on("data", (text) => this.#lines.push(String(text)));
        child.stdout.resume();
        return;
      }
    }
    throw new Error(`the server did not start:\n${this.output}`);
  }

  #environment() {
    return {
      // Nothing of the machine's own environment may change what a test sees.
      DATABASE_URL: `sqlite://${join(this.folder, "autorisen.db")}`,
      SECRET_KEY: "a secret key that is only for tests, and long",
      PORT: this.url === "" ? "0" : new URL(this.url).port,
      LOG_FORMAT: "json",
      RATE_LIMIT_PER_MIN: "0",
      AUTORISEN__AUTH__BCRYPT_COST: "4",
      AUTORISEN__CHAT__RESPONDER: "scripted",
      AUTORISEN__SERVER__HOST: "127.0.0.1",
      AUTORISEN__SERVER__WORKERS: "2",
      ...this.settings,
    };
  }

  /**
   * Runs a command of an operator on its database.
   *
   * @param {...string} args
   */
  async command(...args) {
    await promisify(execFile)(BINARY, args, { cwd: this.folder, env: this.#environment() });
  }

  /** Everything that it has written. */
  get output() {
    return this.#lines.join("\n");
  }

  /** Stops it, as a platform does, and waits for its end. */
  stop() {
    return this.#end("SIGTERM");
  }

  /** Ends it at once, as a crash does. */
  kill() {
    return this.#end("SIGKILL");
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.#process;
    this.#process = undefined;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
    }
  }

  /** Stops it, and leaves nothing behind. */
  async end() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} line
 * @returns {Record<string, unknown>}
 */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
