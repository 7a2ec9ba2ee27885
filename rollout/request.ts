/**
 * undici's `request`, for those who load it late: a rollback asks nobody by it, and waits for nothing. A module of our own, because of a
 * CommonJS package that is imported late esbuild's parts give out no name.
 */
export { request } from "undici";
