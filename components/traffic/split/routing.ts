import { type Affinity, affinityProblems } from "./affinity";
import type { HttpRoute } from "../world/istio";
import { type CanaryMatch, canaryMatchProblems } from "./requestMatch";
import type { Problem } from "./problem";
import type { VersionName } from "./weights";

/** What a service's routes do beside splitting. All of it holds for every rule of the service alike (argo-rollouts #3879). */
export interface Routing {
    /** How long a request may take, retries included: `10s`. Default: no limit. */
    timeout?: string | undefined;
    /** How often the mesh tries a failed request again. Default 0: a failure shows, and nothing is sent twice. */
    retryAttempts?: number | undefined;
    /** Failures on purpose, to see what they do. */
    fault?: Fault | undefined;
    /** A copy of requests to a version whose answers nobody gets. */
    mirror?: Mirror | undefined;
    /** Keeps each user on one version while the split lasts. */
    affinity?: Affinity | undefined;
    /** Requests that reach a version whatever the weights, beside those with the canary header. */
    canaryMatch?: CanaryMatch | undefined;
    /** Seconds in which a new pod's part of the requests grows to the full one. Default: at once. */
    warmupSeconds?: number | undefined;
    /** Leaves a pod out for a while after so many server errors in a row; a version's last pod never. Default: never. */
    ejectAfter?: number | undefined;
    /** Whether the service speaks plain TCP: connections are split, and there are no headers to go by. Default false. */
    tcp?: boolean | undefined;
    /** Whether connections from one address go to the same pod of a version; for TCP. Default false. */
    stickyBySource?: boolean | undefined;
}

/** Failures on purpose. */
export interface Fault {
    /** How long requests wait: `2s`. */
    delay?: string | undefined;
    /** Percent of requests that wait. Default 100. */
    delayPercent?: number | undefined;
    /** The status that requests get instead of an answer: 503. */
    abortStatus?: number | undefined;
    /** Percent of requests that get it. Default 100. */
    abortPercent?: number | undefined;
}

/** A copy of requests. */
export interface Mirror {
    /** The version that gets the copies. */
    to: VersionName;
    /** Percent of requests that are copied. Default 100. */
    percent?: number | undefined;
}

/** What is the same in every rule: a header route without the timeout of the main one behaves otherwise. */
export function limitsOf({
    timeout,
    retryAttempts = 0,
    fault,
}: Routing): Pick<HttpRoute, "timeout" | "retries" | "fault"> {
    return {
        ...(timeout && { timeout }),
        retries: { attempts: retryAttempts },
        ...(fault && { fault: faultOf(fault) }),
    };
}

/** @returns every problem of what stands at `at`; empty when it can be applied. */
export function routingProblems(at: string, routing: Routing, versions: readonly VersionName[]): Problem[] {
    const { mirror, affinity, canaryMatch, tcp, stickyBySource, timeout, fault } = routing;
    const problems = [
        ...(affinity ? affinityProblems(`${at}.affinity`, affinity) : []),
        ...(canaryMatch ? canaryMatchProblems(`${at}.canaryMatch`, canaryMatch, versions) : []),
        ...[["timeout", timeout] as const, ["fault.delay", fault?.delay] as const].flatMap(([key, value]) =>
            durationProblems(`${at}.${key}`, value),
        ),
        ...[
            ["mirror.percent", mirror?.percent] as const,
            ["fault.delayPercent", fault?.delayPercent] as const,
            ["fault.abortPercent", fault?.abortPercent] as const,
        ].flatMap(([key, value]) => percentProblems(`${at}.${key}`, value)),
    ];
    if (mirror && !versions.includes(mirror.to))
        problems.push({
            at: `${at}.mirror.to`,
            message: `there is no version ${mirror.to}; the versions are ${versions.join(", ")}`,
        });
    for (const key of tcp ? (["affinity", "canaryMatch", "mirror", "fault", "timeout"] as const) : [])
        if (routing[key] !== undefined)
            problems.push({
                at: `${at}.${key}`,
                message: "a TCP service has connections and no requests",
                fix: `pulumi config rm --path ${at}.${key}`,
            });
    if (stickyBySource && !tcp)
        problems.push({
            at: `${at}.stickyBySource`,
            message: "is for TCP; users of HTTP are kept by affinity",
            fix: `pulumi config rm --path ${at}.stickyBySource`,
        });
    return problems;
}

function faultOf({ delay, delayPercent = 100, abortStatus, abortPercent = 100 }: Fault): HttpRoute["fault"] {
    return {
        ...(delay && { delay: { percentage: { value: delayPercent }, fixedDelay: delay } }),
        ...(abortStatus && { abort: { percentage: { value: abortPercent }, httpStatus: abortStatus } }),
    };
}

function durationProblems(at: string, value: string | undefined): Problem[] {
    if (value === undefined || /^(\d+(\.\d+)?(ms|s|m|h))+$/.test(value)) return [];
    return [{ at, message: `${JSON.stringify(value)} is no duration such as 10s or 250ms` }];
}

function percentProblems(at: string, value: number | undefined): Problem[] {
    if (value === undefined || (value >= 0 && value <= 100)) return [];
    return [{ at, message: `${value} is not a percentage from 0 to 100` }];
}
