import type { Request, World } from "./manifest";
import type { Served } from "./router";
import { serve } from "./serve";

/** How much more of a kind of request an outcome gets than before. */
export interface Rise {
    /** `workload template`, or `fails: why`. */
    readonly outcome: string;
    /** The workload's `version` label; none where it fails. */
    readonly version?: string;
    /** Points of percent, more than 0. */
    readonly points: number;
    /** What the outcome has had before, in percent. */
    readonly before: number;
}

/** What gains by a step, for one kind of request; the largest gain first, and nothing when nothing changes. */
export function rise(before: World, after: World, request: Request): Rise[] {
    return riseBetween(serve(before, request), serve(after, request));
}

/** The same, of two distributions. */
export function riseBetween(before: readonly Served[], after: readonly Served[]): Rise[] {
    const had = shares(before);
    return [...shares(after)]
        .map(([outcome, { percent, version }]) => {
            const old = had.get(outcome)?.percent ?? 0;
            return { outcome, ...(version === undefined ? {} : { version }), points: percent - old, before: old };
        })
        .filter(({ points }) => points > 1e-9)
        .sort((a, b) => b.points - a.points);
}

/** Percents by outcome: rows that differ only in a delay, a timeout or a path are one. */
export function shares(served: readonly Served[]): Map<string, { percent: number; version?: string }> {
    const sums = new Map<string, { percent: number; version?: string }>();
    for (const one of served) {
        const key = outcomeOf(one);
        const percent = (sums.get(key)?.percent ?? 0) + one.percent;
        sums.set(key, { percent, ...(one.outcome === "pods" ? { version: one.version } : {}) });
    }
    return sums;
}

export function outcomeOf(served: Served): string {
    return served.outcome === "pods" ? `${served.workload} ${served.template}` : `fails: ${served.why}`;
}
