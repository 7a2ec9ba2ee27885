import { setTimeout as after } from "node:timers/promises";
import { type Answer, Asker } from "../support/mesh";

/** Requests a second, of all connections together. */
export const rate = 100;
const connections = 4;

/** Milliseconds after which a request has failed. */
const lateMs = 10_000;
/** Milliseconds for which so many answers are waited for. */
const patienceMs = 180_000;

/** What became of requests. */
export interface Tally {
    readonly requests: number;
    /** Answers by the tag of the image that gave them. */
    readonly answers: Readonly<Record<string, number>>;
    /** Those that no version answered well. */
    readonly failed: number;
    /** The same by what was said of them. */
    readonly reasons: Readonly<Record<string, number>>;
    /** Those that a version failed by its own word. */
    readonly ownErrors: number;
}

/** One request. Its time is when it was begun, in milliseconds since 1970. */
interface Asked {
    readonly began: number;
    readonly tag?: string;
    readonly reason?: string;
    readonly isOwnError?: boolean;
}

/**
 * Asks the service steadily from a pod in the mesh, by kept connections to its proxy, and never twice for one answer: what fails is
 * counted. It asks no faster to make up for a wait, so that a slow machine is not made slower.
 */
export class SteadyLoad {
    /** What is asked for. */
    path = "/";
    private readonly asked: Asked[] = [];
    private readonly askers: readonly Asker[];
    private readonly working: Promise<unknown>;
    private isOver = false;
    private isPaused = false;
    private underWay = 0;

    /** @param pod `namespace/name` of a pod with a proxy. @param service that is asked, on port 80. */
    constructor(
        cluster: string,
        pod: string,
        private readonly service: string,
    ) {
        this.askers = Array.from({ length: connections }, () => new Asker(cluster, pod, [service, "80"]));
        this.working = Promise.all(this.askers.map((asker) => this.work(asker)));
    }

    /** Waits until so many requests that are begun from now on have ended. @throws where they have not within three minutes */
    async next(requests: number): Promise<Tally> {
        const now = Date.now();
        for (;;) {
            const tally = this.since(now);
            if (tally.requests >= requests) return tally;
            if (Date.now() > now + patienceMs)
                throw new Error(`Only ${tally.requests} of ${requests} requests have ended in ${patienceMs / 1000} s.`);
            await after(50);
        }
    }

    /** What became of the requests that were begun at or after a moment, and have ended. */
    since(moment: number): Tally {
        return tallied(this.asked.filter(({ began }) => began >= moment));
    }

    /** Forgets all that was asked before. @returns this moment, for `since` */
    begin(): number {
        this.asked.length = 0;
        return Date.now();
    }

    /** Does something while nothing is asked, and nothing is under way. Asks on afterwards, whatever becomes of it. */
    async without<T>(act: () => Promise<T>): Promise<T> {
        this.isPaused = true;
        try {
            while (this.underWay > 0) await after(10);
            return await act();
        } finally {
            this.isPaused = false;
        }
    }

    async stop(): Promise<void> {
        this.isOver = true;
        await this.working;
        for (const asker of this.askers) asker.close();
    }

    private async work(asker: Asker): Promise<void> {
        const each = (1000 * connections) / rate;
        for (let due = Date.now(); !this.isOver; due = Math.max(due + each, Date.now())) {
            await after(Math.max(0, due - Date.now()));
            if (this.isPaused) continue;
            this.underWay++;
            const began = Date.now();
            this.asked.push({ began, ...(await this.ask(asker)) });
            this.underWay--;
        }
    }

    private async ask(asker: Asker): Promise<Omit<Asked, "began">> {
        const late = new AbortController();
        const answer = asker
            .ask(this.service, this.path)
            .then(saidBy, (error: Error) => ({ reason: `no answer: ${error.message}` }));
        const none = { reason: `no answer in ${lateMs / 1000} s` };
        try {
            return await Promise.race([answer, after(lateMs, none, { signal: late.signal })]);
        } finally {
            late.abort();
        }
    }
}

/** What an answer says: the tag of the image, or why it is a failure. */
export function saidBy({ status, body }: Pick<Answer, "status" | "body">): Omit<Asked, "began"> {
    const text = body.trim();
    if (status === 200 && /^v\d$/.test(text)) return { tag: text };
    // As test/support/ownService.ts has it: no proxy says so.
    if (status === 503 && text === "busy") return { isOwnError: true };
    return { reason: `${status} ${text.slice(0, 80)}` };
}

/** Requests as one. */
export function tallied(all: readonly Asked[]): Tally {
    const [answers, reasons]: Record<string, number>[] = [{}, {}];
    const count = (counts: Record<string, number> = {}, key = ""): number => (counts[key] = (counts[key] ?? 0) + 1);
    for (const { tag, reason } of all) {
        if (tag !== undefined) count(answers, tag);
        if (reason !== undefined) count(reasons, reason);
    }
    const failed = all.filter(({ reason }) => reason !== undefined).length;
    const ownErrors = all.filter(({ isOwnError }) => isOwnError).length;
    return { requests: all.length, answers: answers ?? {}, failed, reasons: reasons ?? {}, ownErrors };
}
