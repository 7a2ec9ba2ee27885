import type { Count } from "./comparison";
import type { VersionCounts } from "./counts";
import { isTimed } from "./latency";
import { LatencyMetrics } from "./latencyMetrics";
import { isOver, isUnder, Metric, missingRequests, type GateWindow, type MetricEvidence } from "./metric";
import { gateSettings, type GateSettings } from "./settings";
import {
    doubtful,
    failed,
    bothOver,
    canaryOver,
    learning,
    noData,
    passed,
    tooFew,
    unmeasured,
    unprovable,
    type Names,
} from "./words";

/**
 * - `pass`: proven to be under the ceiling, and the step was watched for long enough;
 * - `fail`: worse than stable, which chance alone makes of a good release in one of 1/α;
 * - `hold`: over the ceiling, but not for being worse than stable: neither going on nor going back helps;
 * - `inconclusive`: too few requests, or no data. Never promotes, never rolls back.
 *
 * None is the last word: a gate that holds, or can't say, may be asked again after the next window.
 */
export type Verdict = "pass" | "fail" | "hold" | "inconclusive";

/** A verdict, with what it stands on. */
export interface GateVerdict {
    readonly service: string;
    readonly verdict: Verdict;
    /** Why, in sentences. */
    readonly reason: string;
    /** Of a worse version, over all metrics; a release fails at `threshold`. */
    readonly evidence: number;
    readonly threshold: number;
    readonly metrics: readonly MetricEvidence[];
    /** What an inconclusive verdict waits for; no seconds where no request reaches the version. */
    readonly needs?: { readonly requests: number; readonly seconds?: number };
}

/** What a gate has to know beside its settings. */
export interface GateArgs extends Names {
    /**
     * Stable's windows from the hour before the release. Without them bursts of failures are taken for many single ones, and how long
     * its requests take is learned from the first windows of the release, which are then not judged by that.
     */
    readonly before: readonly VersionCounts[];
    /** How many services the release has, which share its α. 1 by default. */
    readonly services?: number;
    /** Those that differ from `defaultSettings`. */
    readonly settings?: Partial<GateSettings>;
}

/** Seconds after which a fresh product begins. */
const startSeconds = 60;
const failureRatios = [1.5, 2, 3, 5, 10, 30, 100];

/**
 * The gate of one service through a release: it is given each window once, in order, and may be asked at any time.
 *
 * ```ts
 * const gate = new Gate({ service: "review", canary: "v2", stable: "v1", before });
 * gate.add({ seconds: 10, step: 1, canary: { requests: 20, failed: 0 }, stable: { requests: 180, failed: 1 } });
 * gate.verdict().verdict === "inconclusive";
 * ```
 */
export class Gate {
    private readonly settings: GateSettings;
    private readonly success: Metric;
    private readonly latency: LatencyMetrics;
    private last: GateWindow | undefined;
    private secondsOfStep = 0;
    private secondsSinceStart = 0;
    private missing: string | undefined = "Nothing has been counted yet.";

    /** @throws where settings can't be meant, or the histogram lacks the edge that is asked for. */
    constructor(private readonly args: GateArgs) {
        const { service, release = service } = args;
        const { tolerated, ceiling } = (this.settings = gateSettings(release, args.settings));
        const failures = ({ requests, failed: bad }: VersionCounts): Count => ({ requests, bad });
        this.success = new Metric("failed", failures, { ratios: failureRatios, tolerated, ceiling }, args.before);
        this.latency = new LatencyMetrics(this.settings, release, args.before);
    }

    /** @throws where the histogram lacks the edge that is asked for: before anything of the window counts */
    add(window: GateWindow): void {
        this.latency.begin(window);
        const isNewStep = window.step !== this.last?.step;
        const isStart = isNewStep || this.secondsSinceStart >= startSeconds;
        for (const metric of [this.success, ...this.latency.metrics]) metric.add(window, isNewStep, isStart);
        this.secondsOfStep = (isNewStep ? 0 : this.secondsOfStep) + window.seconds;
        this.secondsSinceStart = (isStart ? 0 : this.secondsSinceStart) + window.seconds;
        this.last = window;
        this.missing = undefined;
        this.latency.learn(window, this.secondsOfStep);
    }

    /** The counts could not be read: the gate holds until there is a window again. @param reason a sentence. */
    miss(reason: string): void {
        this.missing = reason;
    }

    verdict(): GateVerdict {
        const success = this.success.evidence;
        const latency = this.latency.metrics.map((metric) => metric.evidence);
        const metrics = [success, ...latency];
        // Before anything is known of it, latency speaks neither for nor against.
        const isUnknown = this.latency.isLearnedBeside(this.last);
        const ofLatency = latency.length > 0 ? [mean(latency.map((one) => one.evidence))] : isUnknown ? [1] : [];
        const evidence = mean([success.evidence, ...ofLatency]);
        const threshold = (this.args.services ?? 1) / this.settings.alpha;
        const said = this.judge(metrics, evidence, threshold);
        return { service: this.args.service, evidence, threshold, metrics, ...said };
    }

    private judge(
        metrics: readonly MetricEvidence[],
        evidence: number,
        threshold: number,
    ): Pick<GateVerdict, "verdict" | "reason" | "needs"> {
        const { args, last } = this;
        const { beta, minRequests } = this.settings;
        const inconclusive = (reason: string): Pick<GateVerdict, "verdict" | "reason"> => ({
            verdict: "inconclusive",
            reason,
        });
        if (this.missing !== undefined || !last) return inconclusive(noData(args, this.missing ?? ""));
        if (evidence >= threshold) {
            return { verdict: "fail", reason: failed(args, metrics, evidence, last.stable !== undefined) };
        }
        const over = metrics.find((metric) => isOver(metric, "canary", beta));
        if (over && isOver(over, "stable", beta)) return { verdict: "hold", reason: bothOver(args, over) };
        if (over) {
            // Most such versions are proven to be worse a few windows later.
            const isBaked = this.secondsOfStep >= this.settings.bakeSeconds;
            return { verdict: isBaked ? "hold" : "inconclusive", reason: canaryOver(args, over, isBaked) };
        }
        if (this.latency.isLearnedBeside(last) || isSilent(metrics)) {
            const isComing = last.canary.requests === 0 || isTimed(last.canary);
            return inconclusive(isComing ? learning(args) : unmeasured(args));
        }
        const unproven = metrics.filter((metric) => !isUnder(metric, beta));
        const missing = unproven.map((metric) => missingRequests(metric, beta));
        const hopeless = unproven[missing.indexOf(undefined)];
        if (hopeless) return inconclusive(unprovable(args, hopeless));
        const { requests } = this.success.evidence.step.canary;
        const needs = this.needs(Math.max(minRequests - requests, 0, ...missing.map((count) => count ?? 0)), requests);
        if (needs) return { ...inconclusive(tooFew(args, metrics, needs)), needs };
        if (evidence >= 1 / beta) return inconclusive(doubtful(args, metrics, evidence, threshold));
        return { verdict: "pass", reason: passed(args, metrics, beta, last.stable !== undefined) };
    }

    /** What is still to come; undefined where the step has had enough requests and time. */
    private needs(missing: number, had: number): GateVerdict["needs"] {
        const bake = Math.max(0, this.settings.bakeSeconds - this.secondsOfStep);
        if (missing === 0) return bake > 0 ? { requests: 0, seconds: bake } : undefined;
        if (had === 0) return { requests: missing };
        return { requests: missing, seconds: Math.max(bake, (missing * this.secondsOfStep) / had) };
    }
}

/** Whether requests were counted of which nobody knows how long they took. */
function isSilent([success, ...latency]: readonly MetricEvidence[]): boolean {
    return success?.step.canary.requests !== 0 && latency.some(({ step }) => step.canary.requests === 0);
}

/** What the verdicts of a release's services come to: it goes on when all pass, and back when one fails. */
export function together(verdicts: readonly Pick<GateVerdict, "verdict">[]): Verdict {
    const order: readonly Verdict[] = ["fail", "hold", "inconclusive"];
    if (verdicts.length === 0) return "inconclusive";
    return order.find((verdict) => verdicts.some((one) => one.verdict === verdict)) ?? "pass";
}

/** What several gates say as one: the word of the slowest, or of one that fails, and why each of those says it. */
export function combined<One extends Pick<GateVerdict, "verdict" | "reason">>(
    all: readonly One[],
): Pick<GateVerdict, "verdict" | "reason"> & { readonly deciding: readonly One[] } {
    const verdict = together(all);
    const deciding = all.filter((one) => one.verdict === verdict);
    const reasons = deciding.map(({ reason }) => reason);
    // Behind a command nothing follows in its line.
    const between = reasons.some((one) => one.includes("\n")) ? "\n" : " ";
    return { verdict, deciding, reason: reasons.join(between) };
}

function mean(values: readonly number[]): number {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
}
