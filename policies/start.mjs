// @ts-check
/**
 * Keeps the SDK's runner of policy packs from loading ts-node and the TypeScript compiler, which it does for every pack, also
 * for a compiled one: half of the pack's start.
 */
import Module from "node:module";

/** Both packages, or the SDK's own copies of them. */
const forTypeScript = /(^|\/)(typescript|ts-node)(@[\d.]+)?(\/|$)/;
const nothing = { register: () => undefined };

// @ts-expect-error Node keeps this hook for loaders; the types leave it out.
const load = Module._load;
// @ts-expect-error as above
Module._load = (
    /** @type {string} */ request,
    /** @type {{ filename?: string } | undefined} */ parent,
    /** @type {boolean} */ isMain,
) =>
    forTypeScript.test(request) && parent?.filename?.includes("/@pulumi/pulumi/")
        ? nothing
        : load(request, parent, isMain);
