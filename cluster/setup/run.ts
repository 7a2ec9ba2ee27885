import { ChildProcess, spawn } from "node:child_process";
import * as readline from "node:readline";
import { onPath } from "../tools/onPath";

export interface RunOptions {
    cwd?: string;
    /** Added to this process' environment. */
    env?: NodeJS.ProcessEnv;
    /** Milliseconds after which the program is killed; without it, it may take as long as it takes. */
    timeout?: number;
    /** Ends the program when it is aborted. */
    signal?: AbortSignal;
    /** Called with every line of standard error, where tools say what they are doing. */
    onLine?: (line: string) => void;
    /** The kernel ends the program when this process is killed, where it can: two builds of the same take twice as long. */
    endsWithUs?: boolean;
}

/** How much of a failed program's words an error repeats. */
const tailLines = 20;

const living = new Set<ChildProcess>();
process.on("exit", () => living.forEach((child) => child.kill("SIGINT")));

/**
 * Runs a program to its end and gives what it wrote on standard output.
 *
 * @throws with the command, its exit code and the end of its words.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    const setpriv = options.endsWithUs && process.platform === "linux" ? onPath("setpriv") : undefined;
    const [program, ...rest] = setpriv ? [setpriv, "--pdeathsig", "INT", command, ...args] : [command, ...args];
    const child = spawn(program, rest, {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        timeout: options.timeout,
        signal: options.signal,
        stdio: ["ignore", "pipe", "pipe"],
    });
    living.add(child);
    const output: string[] = [];
    const words: string[] = [];
    readline.createInterface({ input: child.stdout }).on("line", (line) => output.push(line));
    readline.createInterface({ input: child.stderr }).on("line", (line) => {
        words.push(line);
        options.onLine?.(line);
    });
    const end = await new Promise<string>((resolve) => {
        child.on("error", (error) => resolve(error.message));
        child.on("close", (code, signal) => resolve(code === 0 ? "" : signal ? `killed by ${signal}` : `exit ${code}`));
    }).finally(() => living.delete(child));
    if (end !== "") throw new Error(failure([command, ...args].join(" "), end, words.length > 0 ? words : output));
    return output.join("\n");
}

/** The message for a program that failed. */
export function failure(command: string, end: string, words: readonly string[]): string {
    return [`${command}: ${end}`, ...words.slice(-tailLines).map((line) => `    ${line}`)].join("\n");
}
