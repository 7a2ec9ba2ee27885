import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";

/** What a command took. */
export interface Cost {
    readonly seconds: number;
    /** User and system time of it and of all that it has started and waited for. */
    readonly cpuSeconds: number;
    /** Bytes that all of them have had the kernel write to a disk, less those that it was told in time not to. */
    readonly writtenBytes: number;
    /** The most that it and its children had at one time; 0 where nobody looked. */
    readonly peakBytes: number;
}

/**
 * Has bash run its arguments and say how much CPU that was: its own word has the time of all descendants that were waited for, and so
 * has the kernel's about its input and output.
 */
export const timedScript = 'TIMEFORMAT="cpu %U %S"; time "$@"';
/** Milliseconds between two looks at the memory. */
const lookMs = 200;
/** A command that takes longer hangs, in milliseconds; and that long it has to end in good order. */
const [hangsMs, endsMs] = [300_000, 20_000];

/**
 * Runs a command, and tells what it took. Nobody looks at its memory while it is timed.
 *
 * @param looks whether its memory is looked at, which takes some CPU itself.
 * @throws when it fails, with what it printed.
 */
export async function costOf(
    command: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
    looks: boolean,
): Promise<Cost> {
    const whole = [
        "-c",
        `${timedScript}; code=$?; echo; cat "/proc/$$/io"; exit $code`,
        "bash",
        command,
        ...args,
        "--non-interactive",
        "--color",
        "never",
    ];
    const began = performance.now();
    // A group of its own, so that all of it can be ended.
    const child = spawn("bash", whole, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const end = (signal: NodeJS.Signals): void => endGroup(child.pid, signal);
    const kill = (): void => end("SIGKILL");
    process.once("exit", kill);
    // Pulumi keeps what it has done, and gives its lock back.
    const timers = [setTimeout(() => end("SIGINT"), hangsMs), setTimeout(kill, hangsMs + endsMs)];
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    let peakBytes = 0;
    const look = (): number => (peakBytes = Math.max(peakBytes, memoryOf(child.pid ?? 0)));
    const looking = looks ? setInterval(look, lookMs) : undefined;
    const [code] = (await once(child, "close")) as [number | null];
    const seconds = (performance.now() - began) / 1000;
    clearInterval(looking);
    timers.forEach(clearTimeout);
    process.off("exit", kill);
    const what = `${command} ${args.join(" ")}`;
    if (seconds * 1000 >= hangsMs)
        throw new Error(`${what} was ended after ${hangsMs / 1000} s:\n${printed.slice(-4000)}`);
    if (code !== 0) throw new Error(`${what} failed:\n${printed.slice(-4000)}`);
    return { seconds, cpuSeconds: cpuIn(printed), writtenBytes: writtenIn(printed), peakBytes };
}

/** The seconds in `cpu 1.234 0.567`. @throws where the shell has not said it */
export function cpuIn(printed: string): number {
    const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(printed) ?? [];
    if (user === undefined || system === undefined) throw new Error("The shell has not said how much CPU it was.");
    return Number(user) + Number(system);
}

/** The bytes in what the kernel says of a process' input and output. @throws where it has not said it */
export function writtenIn(printed: string): number {
    const of = (counter: string): number => {
        const [, bytes] = new RegExp(`^${counter}: (\\d+)$`, "m").exec(printed) ?? [];
        if (bytes === undefined) throw new Error(`The kernel has not said ${counter}.`);
        return Number(bytes);
    };
    return of("write_bytes") - of("cancelled_write_bytes");
}

function endGroup(leader: number | undefined, signal: NodeJS.Signals): void {
    try {
        if (leader !== undefined) process.kill(-leader, signal);
    } catch {
        // It has ended.
    }
}

/** Bytes of a process and all below it. */
function memoryOf(pid: number): number {
    return childrenOf(pid).reduce((sum, child) => sum + memoryOf(child), pssOf(pid));
}

/** Each of its threads may have started some. */
function childrenOf(pid: number): number[] {
    return names(`/proc/${pid}/task`).flatMap((thread) =>
        read(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
    );
}

function pssOf(pid: number): number {
    const [, kilobytes = "0"] = /^Pss: +(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
    return Number(kilobytes) * 1024;
}

/** None of a process that has ended. */
function names(folder: string): string[] {
    try {
        return fs.readdirSync(folder);
    } catch {
        return [];
    }
}

/** Nothing of a process that has ended. */
function read(file: string): string {
    try {
        return fs.readFileSync(file, "utf8");
    } catch {
        return "";
    }
}
