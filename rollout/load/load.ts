import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import * as readline from "node:readline";
import { stateDir } from "../../cluster/paths";
import { cutLine, type LoadOptions, type Window } from "./protocol";

/** A load that runs in a process of its own. */
export class Load {
    private readonly child: ChildProcessWithoutNullStreams;
    private readonly windows: AsyncIterableIterator<string>;
    private errors = "";
    private ended = "";

    /** @param prefix the command that runs a program inside the cluster's network; empty to run it here. */
    constructor(options: LoadOptions, prefix: readonly string[]) {
        const [command, ...args] = [...prefix, process.execPath, stateDir("dist", "load.cjs")];
        this.child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
        this.child.stderr.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
        this.child.on("exit", (code, signal) => (this.ended = signal ? `by ${signal}` : `with exit code ${code}`));
        // A generator that has gone shows in the windows that it does not tell.
        this.child.stdin.on("error", () => undefined);
        this.windows = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
        this.child.stdin.write(`${JSON.stringify(options)}\n`);
    }

    /** Ends the open window once it has so many requests, and tells what became of them. */
    async cut(requests = 0): Promise<Window> {
        this.child.stdin.write(`${cutLine(requests)}\n`);
        return this.nextWindow();
    }

    /** Waits until all of `maxRequests` are done. */
    async finished(): Promise<Window> {
        return this.nextWindow();
    }

    /** Ends the load; tells of the last window. */
    async stop(): Promise<Window> {
        this.child.stdin.end();
        return this.nextWindow();
    }

    /** Ends the load at once, whatever is under way. */
    kill(): void {
        this.child.kill("SIGKILL");
    }

    /** @throws when the generator ended without telling of the window. */
    private async nextWindow(): Promise<Window> {
        const next = await this.windows.next();
        if (next.done)
            throw new Error(
                `The load generator ended before its time ${this.ended}.${this.errors && `\n${this.errors.trim()}`}`,
            );
        return JSON.parse(next.value) as Window;
    }
}
