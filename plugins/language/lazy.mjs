// @ts-check
import Module from "node:module";

/**
 * What the SDK loads at each start, and uses seldom: to turn functions into text (for AWS Lambda and the like) the TypeScript compiler,
 * npm's readers of packages, and a part of its own; to trace, six parts of OpenTelemetry; to read a package.yaml; and the engine's
 * automation, which programs have no use for. Together they are a quarter of a program's start.
 */
const seldomUsed = new Set([
    "typescript",
    "@npmcli/arborist",
    "normalize-package-data",
    "./createClosure",
    "js-yaml",
    "./automation",
    "@opentelemetry/exporter-zipkin",
    "@opentelemetry/instrumentation",
    "@opentelemetry/instrumentation-grpc",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace-base",
    "@opentelemetry/sdk-trace-node",
]);

/** The same of @pulumi/kubernetes, which looks for the files of a ConfigGroup with it. */
const seldomUsedByKubernetes = new Set(["glob"]);

/**
 * Node's hook for loaders, which its types leave out.
 *
 * @typedef {(request: string, parent: { filename?: string } | undefined, isMain: boolean) => Record<PropertyKey, unknown>} Load
 */

/**
 * By which the SDK's runner listens to a debugger's words from its first line on, a tenth of a second at each start, so that functions
 * that can't be turned into text are told of with the names of their files. Whoever turns one into text asks for it then.
 */
const listener = "../../runtime/closure/v8Hooks";

/** The SDK's own way of tracing, which would read its source maps at the first trace, and knows none of a program's (traces.mjs). */
const tracing = "source-map-support/register";

/**
 * The SDK notes for each of its promises where it was made, in case one is left over at the end and PULUMI_DEBUG_PROMISE_LEAKS asks for
 * it: a twentieth of a run of many resources.
 *
 * @typedef {{ debuggablePromise: (promise: Promise<unknown>, context: unknown) => Promise<unknown> }} Notes
 */
const notes = /(^|\/)debuggable$/;

/** Has the SDK note nothing. What it does beside that stays: it still knows whether a promise is left over. @param {Notes} module */
function withoutNotes(module) {
    const { debuggablePromise } = module;
    module.debuggablePromise = (promise, context) => {
        const { stackTraceLimit } = Error;
        Error.stackTraceLimit = 0;
        try {
            return debuggablePromise(promise, context);
        } finally {
            Error.stackTraceLimit = stackTraceLimit;
        }
    };
}

/** Lets the SDK have these when it first uses them, and not before. */
export function loadSeldomUsedLate() {
    const loader = /** @type {{ _load: Load }} */ (/** @type {unknown} */ (Module));
    const load = loader._load;
    /** Or left out already: one module takes them all. */
    let areNotesKept = Boolean(process.env.PULUMI_DEBUG_PROMISE_LEAKS);
    loader._load = (request, parent, isMain) => {
        const isSdk = parent?.filename?.includes("/@pulumi/pulumi/");
        if (isSdk && request === tracing) return {};
        if (isSdk && request === listener) return { isInitializedAsync: () => Promise.resolve() };
        if (isSdk && !areNotesKept && notes.test(request)) {
            areNotesKept = true;
            const module = load(request, parent, isMain);
            withoutNotes(/** @type {Notes} */ (/** @type {unknown} */ (module)));
            return module;
        }
        const isKubernetes = parent?.filename?.includes("/@pulumi/kubernetes/");
        if (!(isSdk && seldomUsed.has(request)) && !(isKubernetes && seldomUsedByKubernetes.has(request)))
            return load(request, parent, isMain);
        /** @type {Record<PropertyKey, unknown> | undefined} */
        let loaded;
        return new Proxy(
            {},
            {
                get(_, name) {
                    // Compiled imports ask for it, and copy a package that lacks it, which would load it.
                    if (name === "__esModule") return true;
                    loaded ??= load(request, parent, isMain);
                    // A package without it is its own default.
                    return name === "default" && !loaded.__esModule ? loaded : loaded[name];
                },
            },
        );
    };
}
