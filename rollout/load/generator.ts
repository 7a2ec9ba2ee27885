import { Pool } from "undici";
import type { LoadOptions, Window } from "./protocol";
import { Tally } from "./tally";

/** How often the generator looks which requests are due, in milliseconds. */
const tick = 5;
/** Of each kind. */
const connections = 32;
/** A request without answer for so long has failed, in milliseconds, whether it was sent or still waited for a connection. */
const usualTimeoutMs = 10_000;
/** Who wakes so much later than meant has stood still, in milliseconds: nobody sends what was due meanwhile. */
const standstillMs = 2000;

/** Sends requests at a steady rate and counts the answers, window by window. Nothing is tried again. */
export class Generator {
    private readonly kept: Lane;
    /** Connections that carry one request each. */
    private readonly fresh: Lane;
    private tally: Tally;
    private begun = 0;
    private started = performance.now();
    private lookedAt = this.started;
    private readonly timer: NodeJS.Timeout;

    /**
     * @param onEnd called once when `maxRequests` have been begun.
     * @param timeoutMs a request without answer for so long has failed. Default 10,000.
     */
    constructor(
        private readonly options: LoadOptions,
        private readonly onEnd: () => void,
        private readonly timeoutMs = usualTimeoutMs,
    ) {
        this.tally = new Tally(options.expectStatus);
        this.kept = new Lane(poolOf(options, 1, timeoutMs));
        this.fresh = new Lane(poolOf(options, 0, timeoutMs));
        this.timer = setInterval(() => this.sendDue(), tick);
    }

    /** Ends the open window once it has so many requests, and begins the next; answers when the old one's requests are all done. */
    async cut(requests: number): Promise<Window> {
        const closed = this.tally;
        await closed.reaches(requests);
        this.tally = new Tally(this.options.expectStatus);
        return closed.close();
    }

    /** Sends nothing more, and tells of the last window. */
    async stop(): Promise<Window> {
        clearInterval(this.timer);
        const last = await this.tally.close();
        await Promise.all([this.kept.pool.close(), this.fresh.pool.close()]);
        return last;
    }

    private sendDue(): void {
        const now = performance.now();
        const late = now - this.lookedAt - tick;
        // All at once, what was due meanwhile would be a load that nobody asked for.
        if (late > standstillMs) this.started += late;
        this.lookedAt = now;
        const due = Math.min(this.options.maxRequests, Math.floor(((now - this.started) * this.options.rate) / 1000));
        while (this.begun < due) {
            const dueAt = this.started + (this.begun * 1000) / this.options.rate;
            this.begun++;
            const { freshEvery } = this.options;
            const isFresh = freshEvery !== undefined && this.begun % freshEvery === 0;
            void this.send(this.tally, dueAt, isFresh ? this.fresh : this.kept);
        }
        if (this.begun >= this.options.maxRequests) {
            clearInterval(this.timer);
            this.onEnd();
        }
    }

    private async send(tally: Tally, dueAt: number, lane: Lane): Promise<void> {
        tally.begin();
        const begun = performance.now();
        await lane.turn();
        try {
            // One that nobody waits for any more is not sent: the others would wait the longer for it.
            if (performance.now() - begun > this.timeoutMs)
                tally.fail(`no answer in ${this.timeoutMs / 1000} s: all ${connections} connections were busy`);
            else await this.ask(tally, dueAt, lane.pool);
        } finally {
            lane.done();
        }
    }

    private async ask(tally: Tally, dueAt: number, pool: Pool): Promise<void> {
        const { host, path, headers, method = "GET", body: given, versionHeader } = this.options;
        try {
            const {
                statusCode,
                body,
                headers: answer,
            } = await pool.request({
                method,
                path,
                body: given ?? null,
                headers: { ...headers, host },
            });
            const text = await body.text();
            const said = [answer[versionHeader?.name ?? "x-served-by"] ?? ""].flat().join(", ");
            const servedBy = versionHeader && said !== "" ? `${versionHeader.service}=${said}` : said;
            tally.answered(statusCode, { servedBy, body: text }, performance.now() - dueAt);
        } catch (error) {
            tally.fail((error as Error).message);
        }
    }
}

/** Connections that requests take in turn, the first of those that wait first. */
class Lane {
    private free = connections;
    private readonly waiting: (() => void)[] = [];

    constructor(readonly pool: Pool) {}

    /** Waits until one is free. */
    async turn(): Promise<void> {
        if (this.free > 0) this.free--;
        else await new Promise<void>((called) => this.waiting.push(called));
    }

    done(): void {
        const next = this.waiting.shift();
        if (next) next();
        else this.free++;
    }
}

/** @param pipelining requests at once on a connection; 0 closes it after its first one. */
function poolOf({ origin, host, certificate }: LoadOptions, pipelining: 0 | 1, timeoutMs: number): Pool {
    return new Pool(origin, {
        connections,
        pipelining,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        connect: { servername: host, ca: certificate, timeout: timeoutMs },
    });
}
