import { versionsIn } from "./answer";
import type { Window } from "./protocol";
import { isStatus } from "./status";
import { microseconds, VersionTally } from "./versionTally";

/** Counts what happens to the requests of one window. */
export class Tally {
    private readonly began = performance.now();
    private readonly latency = microseconds();
    private readonly byVersion = new VersionTally();
    private readonly failures = new Map<string, number>();
    private readonly versions: Record<string, Record<string, number>> = {};
    private begun = 0;
    private failed = 0;
    private ended = 0;
    private whenDone: (() => void) | undefined;
    private wanted: { requests: number; reached: () => void } | undefined;

    /** @param expectStatus statuses that are no failure, such as `200,404`. */
    constructor(private readonly expectStatus = "2xx") {}

    begin(): void {
        this.begun++;
        if (this.wanted && this.begun >= this.wanted.requests) this.wanted.reached();
    }

    /** Waits until so many requests have been begun. */
    async reaches(requests: number): Promise<void> {
        if (this.begun < requests) await new Promise<void>((reached) => (this.wanted = { requests, reached }));
    }

    /** @param milliseconds from the moment the request was due, so that waiting in a queue counts (coordinated omission). */
    answered(status: number, { servedBy, body }: { servedBy: string; body: string }, milliseconds: number): void {
        const ok = isStatus(this.expectStatus, String(status));
        const found = servedWhom(servedBy, body);
        this.byVersion.add(found, ok, milliseconds);
        if (!ok) {
            this.fail(`${status} ${body.slice(0, 120)}`.trim());
            return;
        }
        if (found.length === 0) {
            this.fail(`${status} without a word on who served it: ${body.slice(0, 120)}`);
            return;
        }
        for (const [service, version] of found) {
            const counts = (this.versions[service] ??= {});
            counts[version] = (counts[version] ?? 0) + 1;
        }
        this.latency.recordValue(Math.max(1, Math.round(milliseconds * 1000)));
        this.end();
    }

    fail(reason: string): void {
        this.failed++;
        this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
        this.end();
    }

    /** Waits for the requests that were begun, and tells what became of them. */
    async close(): Promise<Window> {
        const seconds = (performance.now() - this.began) / 1000;
        if (this.ended < this.begun) await new Promise<void>((resolve) => (this.whenDone = resolve));
        const at = (percentile: number) => this.latency.getValueAtPercentile(percentile) / 1000;
        return {
            requests: this.begun,
            failed: this.failed,
            failures: Object.fromEntries(this.failures),
            versions: this.versions,
            byVersion: this.byVersion.close(),
            latency: { p50: at(50), p99: at(99), max: this.latency.maxValue / 1000 },
            seconds,
        };
    }

    private end(): void {
        this.ended++;
        if (this.ended === this.begun) this.whenDone?.();
    }
}

/** Who took part in an answer; empty when it does not say. */
function servedWhom(servedBy: string, body: string): [service: string, version: string][] {
    try {
        return versionsIn(servedBy, body);
    } catch {
        return [];
    }
}
