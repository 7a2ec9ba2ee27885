import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";

/** Requests that are alike. */
export interface Batch {
    readonly origin: string;
    readonly host: string;
    readonly path: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly count: number;
    /** A connection for each: behind a port without HTTP, a connection is what is shared out. */
    readonly fresh: boolean;
}

/** How often each pod answered; `status N` where none did. */
export type Counts = Readonly<Record<string, number>>;

/** Sends requests from a network namespace, many at a time: what comes from a pod's goes through its sidecar. */
export class Sender {
    private readonly child: ChildProcess;
    private readonly waiting = new Map<number, (counts: Counts) => void>();
    private last = 0;
    private complaint = "";
    private readonly ended: Promise<never>;

    /** @param pid a process in the network from which to send. */
    constructor(pid: number) {
        const args = [`--net=/proc/${pid}/ns/net`, "--", process.execPath, path.join(__dirname, "client.mjs")];
        this.child = spawn("nsenter", args, { stdio: ["pipe", "pipe", "pipe"] });
        const { stdout, stderr } = this.child;
        if (!stdout || !stderr) throw new Error("the client has no output to read");
        stderr.on("data", (text: Buffer) => (this.complaint += text.toString()));
        readline.createInterface(stdout).on("line", (line) => {
            const { id, counts } = JSON.parse(line) as { id: number; counts: Counts };
            this.waiting.get(id)?.(counts);
            this.waiting.delete(id);
        });
        this.ended = new Promise((_, reject) =>
            this.child.once("exit", () => reject(new Error(`the client ended:\n${this.complaint}`))),
        );
        // It also ends when it is stopped, and nobody waits then.
        this.ended.catch(() => undefined);
    }

    send(batch: Batch): Promise<Counts> {
        const id = ++this.last;
        const answered = new Promise<Counts>((resolve) => this.waiting.set(id, resolve));
        this.child.stdin?.write(`${JSON.stringify({ id, ...batch })}\n`);
        return Promise.race([answered, this.ended]);
    }

    stop(): void {
        this.child.kill();
    }
}

/**
 * A process of a pod's sidecar or gateway: the proxy's agent carries the pod's name in its environment.
 *
 * @throws when there is none, or more than one pod has this name: another cluster on this machine may have it too
 */
export function proxyProcess(namespace: string, pod: string): number {
    const found = fs.readdirSync("/proc").filter((entry) => {
        if (!/^\d+$/.test(entry)) return false;
        const own = environmentOf(entry);
        return own.includes(`POD_NAME=${pod}`) && own.includes(`POD_NAMESPACE=${namespace}`);
    });
    const networks = new Set(found.map((entry) => fs.readlinkSync(`/proc/${entry}/ns/net`)));
    if (networks.size !== 1) throw new Error(`${networks.size} networks have a pod ${namespace}/${pod}, not one`);
    return Number(found[0]);
}

function environmentOf(pid: string): string[] {
    try {
        return fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    } catch {
        return []; // it has ended meanwhile
    }
}
