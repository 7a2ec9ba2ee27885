import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";

/** Milliseconds between the wish that a process end and its end by force, as in the official host. */
const timeoutMs = 5000;

/** A Node process that runs for the engine. */
export interface Child {
    readonly process: ChildProcess;
    /** Its exit code once it has ended and all it wrote has been handed on; 128 if a signal ended it. Rejects if it cannot start. */
    readonly ended: Promise<number>;
    /** Asks it to end, and ends it after five seconds. */
    stop(): void;
}

/** The children that live: none of them may outlive this host. */
const alive = new Set<ChildProcess>();
process.on("exit", () => alive.forEach((child) => child.kill("SIGKILL")));

/** Who is given what a process writes. */
export interface Listening {
    readonly stdout: (chunk: Buffer) => void;
    readonly stderr: (chunk: Buffer) => void;
}

/** Starts a program with this process's Node, and hands on what it writes. What is compiled of it is kept for its next start. */
export function startNode(
    args: readonly string[],
    { cwd, env, ...listening }: Listening & { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Child {
    const all = ["--require", path.join(__dirname, "keep-compiled.cjs"), ...args];
    return childOf(spawn(process.execPath, all, { cwd, env, stdio: ["ignore", "pipe", "pipe"] }), listening);
}

/** A process that has been started, from now on as one that runs for the engine. */
export function childOf(child: ChildProcess, { stdout, stderr }: Listening): Child {
    child.stdout?.on("data", stdout);
    child.stderr?.on("data", stderr);
    alive.add(child);
    const ended = new Promise<number>((resolve, reject) => {
        child.once("error", (error) => reject(new Error(`could not run ${process.execPath}: ${error.message}`)));
        child.once("exit", (code) => {
            alive.delete(child);
            // What is still in the pipes comes before "close"; but a grandchild may hold them open for ever.
            const settle = (): void => resolve(code ?? 128);
            const timer = setTimeout(settle, timeoutMs);
            child.once("close", () => {
                clearTimeout(timer);
                settle();
            });
        });
    });
    ended.catch(() => alive.delete(child));
    return { process: child, ended, stop: () => stop(child) };
}

/** Ends every child, politely first. */
export function stopAll(): void {
    alive.forEach(stop);
}

function stop(child: ChildProcess): void {
    if (!alive.has(child)) return;
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    child.once("exit", () => clearTimeout(timer));
}
