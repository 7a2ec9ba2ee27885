import { createInterface } from "node:readline";
import { variablesOf } from "./variables";

/** Tells a plugin that Pulumi has started it before it needs it (cluster/tools/pulumi/plugin/ahead.go). */
const aheadVariable = "UPSHIFT_STARTED_AHEAD";

/** What a plugin says of itself then, as a language host is asked about. */
export interface About {
    readonly executable: string;
    readonly version: string;
    readonly metadata?: Readonly<Record<string, string>>;
}

/** With what it is asked for at last. */
interface Told {
    readonly args: readonly string[];
    /** `NAME=value` each. */
    readonly environment: readonly string[];
    readonly folder: string;
}

const wasStartedAhead = process.env[aheadVariable] !== undefined;
// What this process starts was not.
Reflect.deleteProperty(process.env, aheadVariable);

/**
 * Waits until the plugin is asked for, where Pulumi has started it ahead: its modules are loaded by then. From then on it is as if it had
 * been started with the arguments, in the environment and in the folder that it is told. Where nobody asks for it, it ends with Pulumi.
 */
export async function askedFor(about: About): Promise<void> {
    if (!wasStartedAhead) return;
    process.stdout.write(`${JSON.stringify(about)}\n`);
    const { args, environment, folder } = await told();
    process.argv.splice(2, Infinity, ...args);
    for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, variablesOf(environment));
    if (folder !== "") process.chdir(folder);
}

async function told(): Promise<Told> {
    const lines = createInterface({ input: process.stdin });
    for await (const line of lines) {
        process.stdin.destroy();
        return JSON.parse(line) as Told;
    }
    process.exit(0);
}

/** This Node, as a plugin that runs in it says it. */
export const thisNode: About = { executable: process.execPath, version: process.version };
