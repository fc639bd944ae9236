/** What the views are given, and what they give. Types alone. */

/** @import { createAutorisen } from "../autorisen.js" */

/** @typedef {ReturnType<typeof createAutorisen>} Client */

/**
 * What a view may ask of the page that it stands in.
 *
 * @typedef {object} Shell
 * @property {Client} client
 * @property {(allDevices: boolean) => Promise<void>} signOut says so when it cannot be done
 * @property {(error: unknown) => boolean} isSessionOver whether this came because the session has ended; then that is told
 * @property {() => void} doubt something may have happened to the session
 */

/**
 * A view.
 *
 * @typedef {object} View
 * @property {string} title
 * @property {HTMLElement} element
 * @property {() => void} focus puts the focus where people begin
 */

export {};
