import { type ChildProcessByStdio, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as after } from "node:timers/promises";
import { projectRoot } from "../../cluster/paths";
import { Patience } from "../timing";
import { type Batch, type Counts, type StreamOptions, together } from "./protocol";

/** Nobody has been served by a version for so long: then nobody will be, in milliseconds. */
const quietMs = 2000;
/** A shift that takes longer than this hangs, in milliseconds. */
const hangsMs = 300_000;

/** A steady load from a pod of the mesh, through that pod's own proxy. */
export class Stream {
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
    private readonly last: Record<string, number> = {};
    private batches: Batch[] = [];
    private ended: string | undefined;
    private complaint = "";

    /** @param podUid of the pod that asks. */
    constructor(
        podUid: string,
        private readonly options: StreamOptions,
    ) {
        const program = [process.execPath, "--import", "tsx", path.join("bench", "load", "main.ts")];
        const inside = [`--net=/proc/${processOf(podUid)}/ns/net`, "--", ...program];
        this.child = spawn("nsenter", inside, { cwd: projectRoot(), stdio: ["pipe", "pipe", "pipe"] });
        this.child.stderr.on("data", (chunk: Buffer) => (this.complaint += chunk.toString()));
        this.child.once("close", (code, signal) => (this.ended = `with ${signal ?? code}`));
        // One that has gone shows in what it does not tell.
        this.child.stdin.on("error", () => undefined);
        readline.createInterface({ input: this.child.stdout }).on("line", (line) => this.hear(line));
        this.child.stdin.write(`${JSON.stringify(options)}\n`);
    }

    /** When a version last gave an answer, in milliseconds since 1970; 0 where it never has. */
    lastOf(version: string): number {
        return this.last[version] ?? 0;
    }

    /** Forgets what was counted, and counts anew. */
    begin(): void {
        this.batches = [];
    }

    /** What became of the requests since `begin`. */
    counts(): Counts {
        return together(this.batches);
    }

    /** Waits until a version answers, or answers again. @throws where it does not within five minutes */
    async answeredBy(version: string): Promise<void> {
        const now = Date.now();
        await this.until(() => this.lastOf(version) > now, `no answer of ${version} came`);
    }

    /** Waits until there are so many answers. */
    async has(answers: number): Promise<Counts> {
        const all = (): number => Object.values(this.counts().answers).reduce((sum, one) => sum + one, 0);
        await this.until(() => all() >= answers, `there were not ${answers} answers`);
        return this.counts();
    }

    /**
     * Waits until a version has given no answer for two seconds.
     *
     * @param since when somebody asked for it, in milliseconds since 1970.
     * @returns seconds from then until its last answer; 0 where none came afterwards.
     */
    async quietOf(version: string, since: number): Promise<number> {
        const isQuiet = (): boolean => Date.now() - Math.max(since, this.lastOf(version)) >= quietMs;
        await this.until(isQuiet, `${version} went on answering`);
        return Math.max(0, this.lastOf(version) - since) / 1000;
    }

    async stop(): Promise<void> {
        this.child.stdin.end();
        while (this.ended === undefined) await after(10);
    }

    private hear(line: string): void {
        const batch = JSON.parse(line) as Batch;
        Object.assign(this.last, batch.last);
        this.batches.push(batch);
    }

    private async until(isSo: () => boolean, otherwise: string): Promise<void> {
        const patience = new Patience(hangsMs);
        while (!isSo()) {
            if (this.ended) throw new Error(`The load ended ${this.ended}.\n${this.complaint.trim()}`);
            if (patience.isOver) throw new Error(this.words(otherwise));
            await after(10);
        }
    }

    private words(what: string): string {
        const { answers, failures } = this.counts();
        return `${this.options.host}: ${what} in ${hangsMs / 1000} s. Answers: ${JSON.stringify({ answers, failures })}`;
    }
}

/** A process of a pod, as this machine numbers it. @throws when the pod has none */
function processOf(uid: string): string {
    const found = fs
        .readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .find((pid) => cgroupsOf(pid).includes(uid));
    if (found === undefined) throw new Error(`No process of the pod ${uid} is to be seen from here.`);
    return found;
}

/** One that has ended meanwhile is in none. */
function cgroupsOf(pid: string): string {
    try {
        return fs.readFileSync(`/proc/${pid}/cgroup`, "utf8");
    } catch {
        return "";
    }
}
