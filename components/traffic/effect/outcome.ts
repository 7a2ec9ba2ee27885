import { fullHost, shortHost } from "../world/hosts";
import { milliseconds } from "../world/durations";
import type { Rule } from "../world/virtualServices";
import { subsetOf, type World, workloadsBehind } from "../world/world";
import { versionOfPods, type Workload } from "../world/workloads";
import { headersFor } from "./requestHeaders";
import { type Naming, versionNamed } from "./versions";

/** What happens to a part of the requests. */
export interface Outcome {
    /** How people call it: a version's name, or why it fails. */
    readonly name: string;
    /** Where it is sent: the Service, and the labels of its pods where they are a subset's. The same for the same pods, whatever runs in them. */
    readonly at: string;
    /** Who answers: pods by their workload, with what runs in them; undefined where that is not known, or where nobody answers. */
    readonly pods?: { readonly workload: string; readonly template: string };
    /** Pods that are ready to answer, where that is known. */
    readonly ready?: number;
    /** Set where no version answers: by a fault, a redirect, the proxy itself; `absent` where nothing is there to answer. */
    readonly fails?: "answered" | "absent";
    /** The headers that the route gives it, in lower case. */
    readonly given: Readonly<Record<string, string>>;
}

/** A part of the requests. */
export interface Share {
    readonly outcome: Outcome;
    readonly percent: number;
}

/** Requests that no version answers. */
export function failing(name: string, fails: Outcome["fails"] = "answered"): Outcome {
    return { name, at: `fails: ${name}`, fails, given: {} };
}

/**
 * What a rule does with the requests that it takes.
 *
 * @param from the callers' namespace, where the versions that are known to them differ by it.
 */
export function sharesOf(world: World, rule: Rule, naming: Naming, from?: string): Share[] {
    if (rule.redirect) return [{ outcome: failing(`redirect ${rule.redirect.redirectCode ?? 301}`), percent: 100 }];
    if (rule.directResponse)
        return [{ outcome: failing(`answer ${rule.directResponse.status} of the proxy`), percent: 100 }];
    const faults = faultsOf(rule);
    const served = 100 - faults.reduce((sum, { percent }) => sum + percent, 0);
    return [...faults, ...(served > 0 ? scaled(routed(world, rule, naming, from), served) : [])];
}

/**
 * The requests that a rule's faults answer: those that it aborts, and those that it delays beyond its own timeout. A fault without
 * a percentage is one of no request.
 */
export function faultsOf({ fault = {}, timeout }: Pick<Rule, "fault" | "timeout">): Share[] {
    const { abort, delay } = fault;
    const aborted = abort?.percentage?.value ?? 0;
    const isCut =
        delay !== undefined && timeout !== undefined && milliseconds(delay.fixedDelay ?? "0s") >= milliseconds(timeout);
    const late = isCut ? ((100 - aborted) * (delay.percentage?.value ?? 0)) / 100 : 0;
    return [
        ...(aborted > 0 ? [{ outcome: failing(`fault ${abort?.httpStatus ?? 503}`), percent: aborted }] : []),
        ...(late > 0 ? [{ outcome: failing("timeout 504"), percent: late }] : []),
    ];
}

/** How a Service without routes shares requests: evenly over its pods. */
export function sharesByPods(world: World, host: string): Share[] {
    return behind(world, { host, at: host, given: {} }, (workload) => versionOfPods(workload));
}

/** The share of each destination of a rule, in percent; Istio shares in the proportion of the weights, whatever their sum. */
export function destinationShares({ route = [] }: Pick<Rule, "route">): number[] {
    const given = route.map(({ weight }) => weight ?? (route.length === 1 ? 100 : 0));
    const sum = given.reduce((total, weight) => total + weight, 0);
    return given.map((weight) => (sum > 0 ? (100 * weight) / sum : route.length === 1 ? 100 : 0));
}

function routed(world: World, rule: Rule, naming: Naming, from: string | undefined): Share[] {
    const route = rule.route ?? [];
    const shares = destinationShares(rule);
    if (!shares.some((share) => share > 0)) return [{ outcome: failing("the rule leads nowhere: 503"), percent: 100 }];
    return route.flatMap((one, index) => {
        const percent = shares[index] ?? 0;
        if (percent === 0) return [];
        const host = fullHost(one.destination.host, rule.namespace);
        const { subset } = one.destination;
        const name = versionNamed(one, rule, naming);
        const given = headersFor(rule, one, {});
        if (subset === undefined)
            return scaled(
                behind(world, { host, at: host, given }, () => name),
                percent,
            );
        const known = subsetOf(world, host, subset, from);
        const labels = known?.labels ?? {};
        // Where no DestinationRule is seen, its subset may still be in a place that can't be read.
        if (!known && world.isWhole)
            return [
                {
                    outcome: {
                        ...failing(`no subset ${subset} of ${shortHost(host)}: 503`),
                        name: `${name} (no such subset)`,
                    },
                    percent,
                },
            ];
        const at = `${host} ${known ? JSON.stringify(Object.entries(labels).sort()) : subset}`;
        return scaled(
            behind(world, { host, at, given, labels: known && labels }, () => name),
            percent,
        );
    });
}

/** The pods behind a Service that are labelled as a version, whether or not there are any now. */
export function podsNamed(world: World, host: string, name: string): Outcome[] {
    return workloadsBehind(world, host)
        .filter((workload) => versionOfPods(workload) === name)
        .map((workload) => answeredBy(workload, { name, at: host, given: {} }));
}

interface Way {
    readonly host: string;
    readonly at: string;
    readonly given: Outcome["given"];
    readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Who answers at a destination, each with the share of its pods. */
function behind(world: World, { host, at, given, labels }: Way, nameOf: (workload: Workload) => string): Share[] {
    const workloads =
        labels === undefined && at !== host ? [] : workloadsBehind(world, host, labels).filter(({ pods }) => pods > 0);
    const all = workloads.reduce((sum, { pods }) => sum + pods, 0);
    if (all === 0) {
        const name = nameOf({
            id: "",
            kind: "",
            namespace: "",
            name: shortHost(host),
            labels: labels ?? {},
            pods: 0,
            template: "",
        });
        return [{ outcome: { name, at, given, ...(world.isWhole && { ready: 0 }) }, percent: 100 }];
    }
    return workloads.map((workload) => ({
        outcome: answeredBy(workload, { name: nameOf(workload), at, given }),
        percent: (100 * workload.pods) / all,
    }));
}

function answeredBy({ id, template, ready }: Workload, outcome: Pick<Outcome, "name" | "at" | "given">): Outcome {
    return { ...outcome, pods: { workload: id, template }, ...(ready !== undefined && { ready }) };
}

function scaled(shares: readonly Share[], percent: number): Share[] {
    return shares.map(({ outcome, percent: part }) => ({ outcome, percent: (part * percent) / 100 }));
}
