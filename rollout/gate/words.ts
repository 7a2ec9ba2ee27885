import { rounded } from "../rounded";
import { type Count, leastBurst } from "./comparison";
import type { MetricEvidence } from "./metric";
import { settingsPath } from "./settings";

/** Who is judged, and by whom. */
export interface Names {
    readonly service: string;
    /** The release as the config has it, where that is its chain's. Default the service. */
    readonly release?: string | undefined;
    /** The version that is judged: `v2`. */
    readonly canary: string;
    /** The version that it is compared with: `v1`, or a baseline of the same age and size. */
    readonly stable: string;
    /** Whether what is judged are copies of requests, whose answers nobody gets. Default false. */
    readonly isCopied?: boolean;
}

/** Why there is nothing to judge by. */
export function noData({ service }: Names, why: string): string {
    return `${service}: no data, so it neither goes on nor back. ${why}`;
}

/** @param isCompared false once stable gets no requests any more. */
export function failed(
    { service, canary, stable, isCopied = false }: Names,
    metrics: readonly MetricEvidence[],
    evidence: number,
    isCompared: boolean,
): string {
    const worst = strongest(metrics);
    const ceiling = isCopied ? "copies, whose answers nobody gets" : `${stable} has no requests now`;
    const yardstick = isCompared ? `if it were as good as ${stable}` : `at the ceiling (${ceiling})`;
    const chance = `Chance alone does as much to less than one in ${many(evidence)} good releases.`;
    return `${service}: ${ofAll(canary, worst, worst.canary)}, where ${number(worst.expected)} were to be expected ${yardstick}. ${chance}${burst(stable, worst)}`;
}

export function bothOver({ service, canary, stable }: Names, over: MetricEvidence): string {
    const other = ofAll(stable, over, over.step.stable);
    return `${service}: ${ofAll(canary, over, over.step.canary)}; the ceiling is ${percent(over.ceiling ?? 0)}. ${other}: it is not ${canary}'s fault.`;
}

/** @param isBaked whether the step has been watched for as long as it was to be. */
export function canaryOver(
    { service, canary, stable, isCopied = false }: Names,
    over: MetricEvidence,
    isBaked: boolean,
): string {
    const all = `${ofAll(canary, over, over.step.canary)}; the ceiling is ${percent(over.ceiling ?? 0)}.`;
    const what = isBaked ? "so it is held and not rolled back" : "and is watched on";
    const other = isCopied ? "that by far" : `${stable} (${fraction(over.step.stable)})`;
    return `${service}: ${all} It is not proven to be worse than ${other}, ${what}.`;
}

export function unmeasured({ service, release = service, canary }: Names): string {
    return `${service}: how long requests to ${canary} take is not measured: the callers' proxies have no histogram of it.\n  fix: pulumi config set --path ${settingsPath(release)}.latency false`;
}

/** Before it is known how long stable's requests take. */
export function learning({ service, canary, stable }: Names): string {
    return `${service}: how long requests take is learned first, and ${canary} is compared with ${stable} by it after that.`;
}

export function unprovable(
    { service, canary, stable }: Names,
    { what, step, ceiling, dispersion }: MetricEvidence,
): string {
    const near = `${fraction(step.canary)} of ${canary}'s requests ${what}, too many to prove that it is under ${percent(ceiling ?? 0)}`;
    return `${service}: ${near}.${burst(stable, { what, dispersion })}`;
}

export function tooFew(
    { service, canary, stable }: Names,
    metrics: readonly MetricEvidence[],
    { requests, seconds }: { requests: number; seconds?: number },
): string {
    const [success] = metrics;
    const had = success ? `${ofAll(canary, success, success.step.canary)} in this step` : "";
    if (requests === 0) return `${service}: ${had}; it is watched for ${duration(seconds ?? 0)} more.`;
    const rate = seconds === undefined ? `no request reaches ${canary} now` : `${duration(seconds)} at this rate`;
    const more = `needs about ${number(requests)} more requests to ${canary}, ${rate}`;
    return `${service}: ${had}; ${more}.${success ? burst(stable, success) : ""}`;
}

export function doubtful(
    { service, canary, stable }: Names,
    metrics: readonly MetricEvidence[],
    evidence: number,
    threshold: number,
): string {
    const worst = strongest(metrics);
    return `${service}: ${ofAll(canary, worst, worst.canary)}, where ${number(worst.expected)} were to be expected if it were as good as ${stable}. Too much to go on, too little to go back: evidence ${number(evidence)}, and ${number(threshold)} rolls back.`;
}

export function passed(
    { service, canary, stable, isCopied = false }: Names,
    metrics: readonly MetricEvidence[],
    beta: number,
    isCompared: boolean,
): string {
    const proven = metrics.filter(({ ceiling }) => ceiling !== undefined);
    const claims = proven.map(
        (metric) => `${ofAll(canary, metric, metric.step.canary)}: under ${percent(metric.ceiling ?? 0)}`,
    );
    const [first] = metrics;
    const hasOther = isCompared && first !== undefined && first.step.stable.requests > 0;
    const compared = hasOther
        ? `no sign of being worse than ${stable} (${fraction(first.step.stable)})`
        : `compared with the ceiling alone, as ${isCopied ? "these are copies, whose answers nobody gets" : `${stable} has no requests`}`;
    return `${service}: ${claims.join("; ")} (wrong in one of ${number(1 / beta)} at most), and ${compared}.`;
}

/** `45 s`, `3 min`, `2.5 h`. */
export function duration(seconds: number): string {
    if (seconds < 90) return `${Math.ceil(seconds)} s`;
    return seconds < 90 * 60 ? `${Math.ceil(seconds / 60)} min` : `${number(seconds / 3600)} h`;
}

function strongest(metrics: readonly MetricEvidence[]): MetricEvidence {
    const [first, ...others] = metrics;
    if (!first) throw new Error("A gate has at least one metric.");
    return others.reduce((most, metric) => (metric.evidence > most.evidence ? metric : most), first);
}

/** `52 of 1,031 requests to v2 failed (5 %)`. */
function ofAll(version: string, { what }: MetricEvidence, count: Count): string {
    const share = count.bad > 0 ? ` (${fraction(count)})` : "";
    return `${number(count.bad)} of ${number(count.requests)} requests to ${version} ${what}${share}`;
}

function burst(stable: string, { dispersion, what }: Pick<MetricEvidence, "dispersion" | "what">): string {
    if (dispersion < leastBurst) return "";
    return ` ${stable}'s requests that ${what} come ${number(dispersion)} at a time, and count for so many times less.`;
}

function fraction({ requests, bad }: Count): string {
    return requests === 0 ? "no requests" : percent(bad / requests);
}

export function percent(share: number): string {
    return `${rounded(100 * share, { maximumSignificantDigits: 2 })} %`;
}

export function number(value: number): string {
    return rounded(value, { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function many(value: number): string {
    return value > 1e6 ? "a million" : number(Math.floor(value));
}
