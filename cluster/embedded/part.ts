import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openLog } from "./logs";
import type { PartStatus } from "./state";

/** A part that ends sooner than this after its start, in milliseconds, died fast. */
const fast = 10_000;

/** So many fast deaths in a row, and it is given up. */
const maxFastDeaths = 5;

/** How to run one of the cluster's processes. */
export interface PartSpec {
    name: string;
    command: readonly [program: string, ...args: string[]];
    env?: Readonly<Record<string, string>>;
    log: string;
    /** Resolves when the part does its work; rejects when it does not yet. Asked again and again after each start. */
    probe: () => Promise<unknown>;
}

/** Who wants to know. */
export interface PartEvents {
    /** The status has changed. */
    changed: () => void;
    /** It died too often and is not started again. */
    gaveUp: (part: Part) => void;
}

/** A process that is started again whenever it ends, until it is stopped or has died fast five times in a row. */
export class Part {
    readonly status: PartStatus;
    private child: ChildProcess | undefined;
    private stopping = false;
    private fastDeaths = 0;
    private pause: AbortController | undefined;
    private announce: () => void = () => undefined;
    private readonly running = new Promise<void>((resolve) => (this.announce = resolve));

    constructor(
        readonly spec: PartSpec,
        private readonly events: PartEvents,
    ) {
        this.status = { name: spec.name, state: "waiting", restarts: 0 };
    }

    /** Starts it. @returns when its probe succeeds for the first time; never, if it is given up or stopped before */
    start(): Promise<void> {
        if (!this.stopping) this.launch();
        return this.running;
    }

    /**
     * Ends it for good.
     *
     * @param grace milliseconds between asking it to end and ending it
     */
    async stop(grace = 10_000): Promise<void> {
        this.stopping = true;
        this.pause?.abort();
        const child = this.child;
        if (child) {
            const ended = once(child, "exit");
            child.kill("SIGTERM");
            const timer = setTimeout(() => child.kill("SIGKILL"), grace);
            await ended;
            clearTimeout(timer);
        }
        this.become("stopped");
    }

    private launch(): void {
        const log = openLog(this.spec.log);
        const [program, ...args] = this.spec.command;
        const child = spawn(program, args, {
            stdio: ["ignore", log, log],
            env: { ...process.env, ...this.spec.env },
        });
        fs.closeSync(log);
        this.child = child;
        this.status.pid = child.pid;
        this.status.since = Date.now();
        this.become("starting");
        child.once("error", (error) => this.ended(child, error.message));
        child.once("exit", (code, signal) => this.ended(child, signal ? `signal ${signal}` : `exit code ${code}`));
        void this.watchStart(child);
    }

    private async watchStart(child: ChildProcess): Promise<void> {
        while (this.isWanted(child)) {
            const answered = await this.spec.probe().then(
                () => true,
                () => false,
            );
            if (!this.isWanted(child)) return;
            if (answered) {
                this.become("running");
                return;
            }
            await sleep(50);
        }
    }

    private isWanted(child: ChildProcess): boolean {
        return this.child === child && !this.stopping;
    }

    private ended(child: ChildProcess, how: string): void {
        if (this.child !== child) return;
        this.child = undefined;
        this.status.lastExit = how;
        delete this.status.pid;
        if (this.stopping) return;
        this.fastDeaths = Date.now() - (this.status.since ?? 0) < fast ? this.fastDeaths + 1 : 0;
        if (this.fastDeaths >= maxFastDeaths) {
            this.become("failed");
            this.events.gaveUp(this);
        } else {
            this.become("restarting");
            void this.relaunch();
        }
    }

    private async relaunch(): Promise<void> {
        this.pause = new AbortController();
        const delay = backoff(this.fastDeaths);
        await sleep(delay, undefined, { signal: this.pause.signal }).catch(() => undefined);
        if (this.stopping) return;
        this.status.restarts++;
        this.launch();
    }

    private become(state: PartStatus["state"]): void {
        this.status.state = state;
        if (state === "running") this.announce();
        this.events.changed();
    }
}

/** Milliseconds to wait before the next start: none after a long life, then 0.2 s, doubled each time. */
export function backoff(fastDeaths: number): number {
    return fastDeaths === 0 ? 0 : 100 * 2 ** fastDeaths;
}
