import { Pool } from "undici";
import type { LoadOptions, Window } from "./protocol";
import { Tally } from "./tally";

/** How often the generator looks which requests are due, in milliseconds. */
const tick = 5;
/** A request without answer for so long has failed, in milliseconds. */
const timeoutMs = 10_000;

/** Sends requests at a steady rate and counts the answers, window by window. Nothing is tried again. */
export class Generator {
    private readonly pool: Pool;
    private tally: Tally;
    private begun = 0;
    private readonly started = performance.now();
    private readonly timer: NodeJS.Timeout;

    /** @param onEnd called once when `maxRequests` have been begun. */
    constructor(
        private readonly options: LoadOptions,
        private readonly onEnd: () => void,
    ) {
        const { origin, host, certificate, expectStatus } = options;
        this.tally = new Tally(expectStatus);
        this.pool = new Pool(origin, {
            connections: 32,
            pipelining: 1,
            headersTimeout: timeoutMs,
            bodyTimeout: timeoutMs,
            connect: { servername: host, ca: certificate, timeout: timeoutMs },
        });
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
        await this.pool.close();
        return last;
    }

    private sendDue(): void {
        const due = Math.min(
            this.options.maxRequests,
            Math.floor(((performance.now() - this.started) * this.options.rate) / 1000),
        );
        while (this.begun < due) {
            const dueAt = this.started + (this.begun * 1000) / this.options.rate;
            this.begun++;
            void this.send(this.tally, dueAt);
        }
        if (this.begun >= this.options.maxRequests) {
            clearInterval(this.timer);
            this.onEnd();
        }
    }

    private async send(tally: Tally, dueAt: number): Promise<void> {
        tally.begin();
        const { host, path, headers, method = "GET", body: given, versionHeader } = this.options;
        try {
            const {
                statusCode,
                body,
                headers: answer,
            } = await this.pool.request({
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
