// @ts-check
import Module from "node:module";

/**
 * Packages that the SDK loads at each start, and uses only to turn functions into text (for AWS Lambda and the like): the
 * TypeScript compiler and npm's tree reader. Together they are a sixth of a program's start.
 */
const seldomUsed = new Set(["typescript", "@npmcli/arborist"]);

/**
 * Node's hook for loaders, which its types leave out.
 *
 * @typedef {(request: string, parent: { filename?: string } | undefined, isMain: boolean) => Record<PropertyKey, unknown>} Load
 */

/** Lets the SDK have these packages when it first uses them, and not before. */
export function loadSeldomUsedLate() {
    const loader = /** @type {{ _load: Load }} */ (/** @type {unknown} */ (Module));
    const load = loader._load;
    loader._load = (request, parent, isMain) => {
        const isSdk = parent?.filename?.includes("/@pulumi/pulumi/");
        if (!isSdk || !seldomUsed.has(request)) return load(request, parent, isMain);
        /** @type {Record<PropertyKey, unknown> | undefined} */
        let loaded;
        return new Proxy(
            {},
            {
                // The SDK's compiled imports ask for `__esModule`, and copy a package that lacks it, which would load it.
                get: (_, name) => (name === "__esModule" ? true : (loaded ??= load(request, parent, isMain))[name]),
            },
        );
    };
}
