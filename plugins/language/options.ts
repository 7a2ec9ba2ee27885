/** The options of Pulumi.yaml's `runtime` that this host knows, named as there. */
export interface RuntimeOptions {
    /** Run TypeScript through ts-node, as Pulumi does by default. False when `nodeargs` brings a loader of its own. */
    readonly typescript: boolean;
    /** Path of the tsconfig.json for ts-node. */
    readonly tsconfig?: string | undefined;
    /** Arguments for node itself, split as a shell would. */
    readonly nodeargs: readonly string[];
}

/** Reads `runtime.options`; throws on a value of the wrong type, naming the option. Options of other hosts are ignored. */
export function runtimeOptions(options: Readonly<Record<string, unknown>>): RuntimeOptions {
    const { typescript = true, tsconfig, nodeargs = "" } = options;
    if (typeof typescript !== "boolean") throw new Error("typescript option must be a boolean");
    if (tsconfig !== undefined && typeof tsconfig !== "string") throw new Error("tsconfig option must be a string");
    if (typeof nodeargs !== "string") throw new Error("nodeargs option must be a string");
    return { typescript, tsconfig, nodeargs: splitArguments(nodeargs) };
}

/** The environment variables by which the SDK's runners learn of the options. */
export function optionsEnvironment(options: RuntimeOptions): Record<string, string> {
    return {
        ...(options.typescript && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
        ...(options.tsconfig && { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
    };
}

/** Splits at white space, except between single or double quotes, which are taken off. */
export function splitArguments(text: string): string[] {
    const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
    return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
