import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";

/** How the CLI ended. */
export interface Told {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** Runs `upshift` as a user does. @param root of the package, where it is another than this checkout. */
export async function upshift(
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
    root = projectRoot(),
): Promise<Told> {
    const child = upshiftStarted(args, env, root);
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout, stderr };
}

/** What it printed on standard output. @throws where it did not end with 0, with all that it printed */
export async function wentWell(telling: Promise<Told>): Promise<string> {
    const { code, stdout, stderr } = await telling;
    assert.equal(code, 0, stdout + stderr);
    return stdout;
}

/** What it printed with `--json`, an event a line. */
export function eventsOf<Event>({ stdout }: Pick<Told, "stdout">): Event[] {
    return stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Event);
}

/** Starts it, and returns at once. */
export function upshiftStarted(
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
    root = projectRoot(),
): ChildProcess {
    const program = path.join(root, "bin", "upshift.mjs");
    // In a CI colours are for its log, and not for those who read what was said.
    const plain = { ...env, NO_COLOR: "1" };
    return spawn(process.execPath, [program, ...args], { env: plain, stdio: ["ignore", "pipe", "pipe"] });
}
