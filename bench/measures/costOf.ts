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

/** Milliseconds between two looks at the memory. */
const lookMs = 100;

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
    // The shell's own word has the time of all descendants that were waited for, and so has the kernel's about its input and output.
    const script = 'TIMEFORMAT="cpu %U %S"; time "$@"; code=$?; echo; cat "/proc/$$/io"; exit $code';
    const whole = ["-c", script, "bash", command, ...args, "--non-interactive", "--color", "never"];
    const began = performance.now();
    const child = spawn("bash", whole, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    let peakBytes = 0;
    const look = (): number => (peakBytes = Math.max(peakBytes, memoryOf(child.pid ?? 0)));
    const looking = looks ? setInterval(look, lookMs) : undefined;
    const [code] = (await once(child, "close")) as [number | null];
    const seconds = (performance.now() - began) / 1000;
    clearInterval(looking);
    if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${printed.slice(-4000)}`);
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

/** Bytes of a process and all below it. */
function memoryOf(root: number): number {
    const children = new Map<number, number[]>();
    for (const name of fs.readdirSync("/proc")) {
        const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
        if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    }
    const below = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)];
    return below(root).reduce((sum, pid) => sum + pssOf(pid), 0);
}

/** What is behind the name, which may hold blanks and brackets. */
function parentOf(pid: string): number | undefined {
    const stat = read(`/proc/${pid}/stat`);
    return stat === "" ? undefined : Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function pssOf(pid: number): number {
    const [, kilobytes = "0"] = /^Pss: +(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
    return Number(kilobytes) * 1024;
}

/** Nothing of a process that has ended. */
function read(file: string): string {
    try {
        return fs.readFileSync(file, "utf8");
    } catch {
        return "";
    }
}
