import { evidenceOver, evidenceUnder, requestsToProve } from "./ceiling";
import { Comparison, type Count } from "./comparison";
import type { VersionCounts } from "./counts";
import { Dispersion } from "./dispersion";

/** Counters of a service's two versions between two readings. */
export interface GateWindow {
    /** Its length. */
    readonly seconds: number;
    /** Which of the release's steps: shares and load are the same within one. */
    readonly step: number;
    readonly canary: VersionCounts;
    /** What the canary is compared with; undefined while no weight leads to it, as at 100 %. */
    readonly stable: VersionCounts | undefined;
}

/** What one metric says; everything but `step` since the release began. */
export interface MetricEvidence {
    /** What a bad request is, as the end of a sentence: `failed`, `took longer than 50 ms`. */
    readonly what: string;
    readonly canary: Count;
    readonly stable: Count;
    /** Bad requests that the canary would have had were it as good as stable (or at the ceiling, once stable has gone). */
    readonly expected: number;
    /** Stable's: how many requests turn bad at once. */
    readonly dispersion: number;
    /** Of a worse canary. */
    readonly evidence: number;
    /** The two versions within the step. */
    readonly step: { readonly canary: Count; readonly stable: Count };
    readonly ceiling?: number;
}

/** One kind of bad request, followed through a release. */
export class Metric {
    private readonly comparison: Comparison;
    private readonly dispersion = new Dispersion();
    private total = nothing;
    private step = nothing;
    private expected = 0;

    /**
     * @param ratios how many times stable's odds a worse version may have.
     * @param before stable's windows from before the release, an hour of them: they say how requests turn bad there.
     */
    constructor(
        private readonly what: string,
        private readonly countOf: (version: VersionCounts) => Count,
        private readonly options: { ratios: readonly number[]; tolerated: number; ceiling?: number | undefined },
        before: readonly VersionCounts[],
    ) {
        this.comparison = new Comparison(options);
        for (const window of before) this.dispersion.add(countOf(window));
    }

    /** @param isNewStep counts of the step begin anew. @param isStart a fresh product begins, so that a late fault is seen. */
    add(window: GateWindow, isNewStep: boolean, isStart: boolean): void {
        const canary = this.countOf(window.canary);
        const stable = window.stable && this.countOf(window.stable);
        if (isStart) this.comparison.begin();
        if (isNewStep) this.step = nothing;
        this.comparison.add(canary, stable);
        if (stable) this.dispersion.add(stable);
        this.expected += expectedOf(canary, stable, this.options.ceiling);
        this.total = added(this.total, canary, stable);
        this.step = added(this.step, canary, stable);
    }

    get evidence(): MetricEvidence {
        const { value: dispersion } = this.dispersion;
        const { ceiling } = this.options;
        return {
            what: this.what,
            ...this.total,
            expected: this.expected,
            dispersion,
            evidence: this.comparison.evidence(dispersion),
            step: this.step,
            ...(ceiling !== undefined && { ceiling }),
        };
    }
}

/** Whether a version is proven to be over its ceiling within the step. */
export function isOver(
    { ceiling, dispersion, step }: MetricEvidence,
    who: "canary" | "stable",
    level: number,
): boolean {
    return ceiling !== undefined && evidenceOver(ceiling, step[who], dispersion) >= 1 / level;
}

/** Whether the canary is proven to be under the ceiling within the step; true without a ceiling. */
export function isUnder({ ceiling, dispersion, step }: MetricEvidence, level: number): boolean {
    return ceiling === undefined || evidenceUnder(ceiling, step.canary, dispersion) >= 1 / level;
}

/** How many more requests would prove that; undefined where no number would. */
export function missingRequests({ ceiling, dispersion, step }: MetricEvidence, level: number): number | undefined {
    return ceiling === undefined ? 0 : requestsToProve(ceiling, level, step.canary, dispersion);
}

const nothing: { readonly canary: Count; readonly stable: Count } = {
    canary: { requests: 0, bad: 0 },
    stable: { requests: 0, bad: 0 },
};

function added(sum: typeof nothing, canary: Count, stable: Count = nothing.stable): typeof nothing {
    const plus = (one: Count, other: Count): Count => ({
        requests: one.requests + other.requests,
        bad: one.bad + other.bad,
    });
    return { canary: plus(sum.canary, canary), stable: plus(sum.stable, stable) };
}

function expectedOf(canary: Count, stable: Count | undefined, ceiling = 0): number {
    if (!stable) return canary.requests * ceiling;
    const requests = canary.requests + stable.requests;
    return requests === 0 ? 0 : ((canary.bad + stable.bad) * canary.requests) / requests;
}
