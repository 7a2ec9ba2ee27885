import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";

/** Milliseconds in which a controller has to have begun. */
const beginsMs = 60_000;
/** And in which it has to have ended once it is asked to. */
const endsMs = 5_000;
/** Of what it has said, so many characters at the end are kept. */
const kept = 20_000;

/** A controller of somebody else's as a process of this machine, with the cluster's own kubeconfig. */
export class Controller {
    private said = "";
    private readonly closed: Promise<unknown>;

    private constructor(
        private readonly name: string,
        private readonly child: ChildProcess,
    ) {
        for (const stream of [child.stdout, child.stderr])
            stream?.on("data", (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-kept)));
        this.closed = once(child, "close").catch((error: Error) => (this.said += error.message));
        // Whatever way this process ends, it leaves none behind.
        process.once("exit", () => child.kill("SIGKILL"));
    }

    /** Starts it, and waits until it has said that it is ready. @throws with what it said where it never is */
    static async start(program: string, args: readonly string[], ready: RegExp): Promise<Controller> {
        const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
        const controller = new Controller(program, child);
        const deadline = Date.now() + beginsMs;
        while (!ready.test(controller.said)) {
            if (child.pid === undefined || child.exitCode !== null || Date.now() > deadline) {
                child.kill();
                throw new Error(`${controller.name} has not said ${ready}:\n${controller.said.slice(-2000)}`);
            }
            await after(50);
        }
        return controller;
    }

    /** Its number on this machine. */
    get pid(): number | undefined {
        return this.child.pid;
    }

    /** The end of what it has said, for messages. */
    get lastWords(): string {
        return this.said.slice(-2000);
    }

    /** Ends it: asked first, since it may hold something, and then whether it likes it or not. */
    async stop(): Promise<void> {
        this.child.kill("SIGTERM");
        const late = setTimeout(() => this.child.kill("SIGKILL"), endsMs);
        await this.closed;
        clearTimeout(late);
    }
}
