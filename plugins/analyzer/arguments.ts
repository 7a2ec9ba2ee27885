import * as path from "node:path";

/** A policy pack to run, as the CLI names it on the command line. */
export interface PackArguments {
    /** The engine's `host:port`. */
    readonly engine: string;
    /** The pack's folder, absolute. */
    readonly pack: string;
    /** `runtime.options` of PulumiPolicy.yaml. */
    readonly options: Readonly<Record<string, unknown>>;
}

/** Reads `ENGINE PACK [-name=value …]`; throws when one of the two is missing. */
export function packArguments(argv: readonly string[]): PackArguments {
    const [engine, pack] = argv.filter((argument) => !argument.startsWith("-"));
    if (!engine || !pack) throw new Error("usage: pulumi-analyzer-policy-nodejs ENGINE-ADDRESS POLICY-PACK-FOLDER");
    const options = argv.flatMap((argument) => {
        const option = /^--?([^=]+)=(.*)$/s.exec(argument);
        return option ? [[option[1] ?? "", fromText(option[2] ?? "")] as const] : [];
    });
    return { engine, pack: path.resolve(pack), options: Object.fromEntries(options) };
}

function fromText(value: string): boolean | string {
    return value === "true" || value === "false" ? value === "true" : value;
}
