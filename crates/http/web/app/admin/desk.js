/** What the views of administrators are given. Types alone. */

/**
 * @typedef {object} Desk
 * @property {() => void} letIn the server gave what was asked for
 * @property {(error: unknown, again?: () => void) => void} tell what went wrong; who may not be here is shown that alone
 */

export {};
