import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import type { Verdict } from "../gate";
import type { About, Answer, Asker } from "./check";
import { lastLines } from "./words";

/** Characters of its output that are kept: the end says how it went. */
const keptCharacters = 16 * 1024;
/** Milliseconds that a program has to end by itself, and that its output may take after its end. */
const graceMs = 2000;

/** Where a program runs. */
export interface Surroundings {
    /** The project's folder. */
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
}

/**
 * Runs a program of this machine: exit code 0 passes, 1 fails, anything else says nothing of the version. No shell reads its arguments.
 * It has a process group of its own, so that Ctrl-C to the driver does not hit it, and what it starts ends with it.
 */
export class CommandCheck implements Asker {
    constructor(
        private readonly command: readonly string[],
        private readonly timeoutSeconds: number,
        private readonly surroundings: () => Promise<Surroundings>,
    ) {}

    async ask(about: About, signal: AbortSignal): Promise<Answer> {
        const { command, timeoutSeconds } = this;
        const [program = "", ...args] = command;
        const { cwd, env } = await this.surroundings();
        signal.throwIfAborted();
        const child = spawn(program, args, {
            cwd,
            env: { ...env, ...variablesOf(about) },
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        for (const stream of [child.stdout, child.stderr])
            stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-keptCharacters)));
        const ended = endOf(child);
        const limit = AbortSignal.timeout(timeoutSeconds * 1000);
        const stop = AbortSignal.any([signal, limit]);
        const onStop = (): void => void endGroup(child);
        stop.addEventListener("abort", onStop, { once: true });
        // Before it was listened for, nobody would end it.
        if (stop.aborted) onStop();
        try {
            const end = await ended;
            const lines = lastLines(output);
            const said = lines === "" ? "it said nothing" : lines;
            // Whatever code it ends with then, it says nothing of the version.
            if (stop.aborted)
                return { verdict: "inconclusive", evidence: `not done in ${timeoutSeconds} s, and ended: ${said}` };
            return { verdict: verdictOf(end.code), evidence: `${endedWith(end)}: ${said}` };
        } finally {
            stop.removeEventListener("abort", onStop);
        }
    }
}

/** What a program is told of the release, as `UPSHIFT_STEP=25`. */
export function variablesOf({ service, step, to, stable }: About): Record<string, string> {
    return { UPSHIFT_SERVICE: service, UPSHIFT_STEP: step, UPSHIFT_TO: to, UPSHIFT_STABLE: stable };
}

interface End {
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
}

/** @throws where it could not be started. */
async function endOf(child: ChildProcess): Promise<End> {
    const closed = once(child, "close").catch(() => undefined);
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    // What it left behind would hold its output open, and live on.
    signalGroup(child, "SIGKILL");
    await Promise.race([closed, after(graceMs, undefined, { ref: false })]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return { code, signal };
}

async function endGroup(child: ChildProcess): Promise<void> {
    signalGroup(child, "SIGTERM");
    await after(graceMs, undefined, { ref: false });
    if (child.exitCode === null && child.signalCode === null) signalGroup(child, "SIGKILL");
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
    if (pid === undefined) return;
    try {
        process.kill(-pid, signal);
    } catch {
        // Nobody is left in the group.
    }
}

function verdictOf(code: number | null): Verdict {
    if (code === 0) return "pass";
    return code === 1 ? "fail" : "inconclusive";
}

function endedWith({ code, signal }: End): string {
    return code === null ? `ended by ${signal ?? "a signal"}` : `exit code ${code}`;
}
