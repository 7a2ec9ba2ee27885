import type { CanaryHeader } from "../components/traffic/split/headerMatch";
import { judge as judgeMatch, kindOf } from "../components/traffic/effect/matching";
import { judgeShare, type ShareVerdict } from "./share";
import { weightOf, type Weights } from "../components/traffic/split/weights";
import type { Window } from "./load/protocol";

/** The share of one version, measured against what is configured. */
export interface VersionShare extends ShareVerdict {
    version: string;
    /** Requests that this version answered. */
    count: number;
}

/** What a measurement says of one service. */
export interface Verification {
    service: string;
    requests: number;
    failed: number;
    failures: Record<string, number>;
    shares: VersionShare[];
    /** In milliseconds, where it was measured. */
    latency?: { p50: number; p99: number };
    /** Nothing failed, and every share is within 4 standard deviations. */
    ok: boolean;
}

/**
 * Judges a window of requests against a service's routes.
 *
 * @param expected percent per version for such requests.
 */
export function judge(service: string, window: Window, expected: Weights): Verification {
    const { requests, failed, failures, latency } = window;
    const counts = window.versions[service] ?? {};
    const found = verificationOf(service, expected, counts, { requests, failed, failures });
    return { ...found, latency: { p50: latency.p50, p99: latency.p99 } };
}

/**
 * The same of what was counted.
 *
 * @param counts requests by version.
 */
export function verificationOf(
    service: string,
    expected: Weights,
    counts: Readonly<Record<string, number>>,
    { requests, failed, failures }: Pick<Verification, "requests" | "failed" | "failures">,
): Verification {
    const answered = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const versions = [...new Set([...Object.keys(expected), ...Object.keys(counts)])].sort();
    const shares = versions.map((version) => ({
        version,
        count: counts[version] ?? 0,
        ...judgeShare(weightOf(expected, version), counts[version] ?? 0, answered),
    }));
    const ok = failed === 0 && answered === requests && requests > 0 && shares.every((share) => share.within);
    return { service, requests, failed, failures, shares, ok };
}

/** What requests with these headers should meet: the canary's version where the header matches, else the weights. */
export function expectedShares(
    weights: Weights,
    canary: CanaryHeader | undefined,
    headers: Readonly<Record<string, string>>,
): Weights {
    return canary && matches(canary, headers) ? { [canary.to]: 100 } : weights;
}

function matches({ name, exact, prefix, regex }: CanaryHeader, headers: Readonly<Record<string, string>>): boolean {
    const match = { headers: { [name.toLowerCase()]: { exact, prefix, regex } } };
    return judgeMatch(match, kindOf({ host: "", path: "/", headers }, { namespace: "", labels: {} })).holds;
}
