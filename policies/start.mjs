// @ts-check
/**
 * Keeps the SDK's runner of policy packs from loading ts-node and the TypeScript compiler, which it does for every pack, also
 * for a compiled one: half of the pack's start.
 */
import Module from "node:module";

/** Both packages, or the SDK's own copies of them. */
const forTypeScript = /(^|\/)(typescript|ts-node)(@[\d.]+)?(\/|$)/;
const nothing = { register: () => undefined };

/**
 * Node's hook for loaders, which its types leave out.
 *
 * @typedef {(request: string, parent: { filename?: string } | undefined, isMain: boolean) => unknown} Load
 */
const loader = /** @type {{ _load: Load }} */ (/** @type {unknown} */ (Module));
const load = loader._load;
/** @type {Load} */
const loadLess = (request, parent, isMain) =>
    forTypeScript.test(request) && parent?.filename?.includes("/@pulumi/pulumi/")
        ? nothing
        : load(request, parent, isMain);
loader._load = loadLess;
