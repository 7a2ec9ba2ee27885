import { fullHost, shortHost } from "../world/hosts";
import { milliseconds } from "../world/durations";
import { canonical } from "../world/objects";
import type { Rule } from "../world/virtualServices";
import { meantBy, subsetOf, type World, workloadsBehind } from "../world/world";
import { versionOfPods } from "../world/workloads";
import { answeredBy, behind, scaled } from "./answering";
import { headersFor } from "./requestHeaders";
import type { Outcome, Share } from "./share";
import { arrivingAt, type Called, lacksPort } from "./servicePorts";
import { type Naming, versionNamed } from "./versions";

/** How people call an outcome: `v1`, and `v1 (no pods)` where nobody answers. */
export function titleOfOutcome({ name, lacks }: Pick<Outcome, "name" | "lacks">): string {
    return lacks ? `${name} (${lacks.what})` : name;
}

/** Requests that no version answers. */
export function failing(name: string, fails: Outcome["fails"] = "answered"): Outcome {
    return { name, at: `fails: ${name}`, fails, given: {} };
}

/**
 * What a rule does with the requests that it takes.
 *
 * @param from the callers' namespace, where the versions that are known to them differ by it.
 * @param called the port that they call, where it is known.
 */
export function sharesOf(world: World, rule: Rule, naming: Naming, from?: string, called: Called = {}): Share[] {
    const answer = answerOf(rule);
    if (answer) return [{ outcome: answer, percent: 100 }];
    const faults = faultsOf(rule);
    const served = 100 - faults.reduce((sum, { percent }) => sum + percent, 0);
    return [...faults, ...(served > 0 ? scaled(routed(world, rule, naming, from, called), served) : [])];
}

/** What the proxy answers by itself. To be led elsewhere is another answer for each place. */
function answerOf({ redirect, directResponse }: Rule): Outcome | undefined {
    if (directResponse && !redirect) return failing(`answer ${directResponse.status} of the proxy`);
    if (!redirect) return undefined;
    const outcome = failing(`redirect ${redirect.redirectCode ?? 301}`);
    return { ...outcome, at: `${outcome.at} ${canonical(redirect)}` };
}

/** How long callers wait where no timeout says it, in milliseconds: what a fault delays for as long is not answered. */
const patienceMs = 10_000;

/**
 * The requests that a rule's faults answer: those that it aborts, and those that it delays beyond its own timeout, or beyond what anybody
 * waits. A fault without a percentage is one of no request.
 */
export function faultsOf({ fault = {}, timeout }: Pick<Rule, "fault" | "timeout">): Share[] {
    const { abort, delay } = fault;
    const aborted = abort?.percentage?.value ?? 0;
    const delayMs = milliseconds(delay?.fixedDelay ?? "0s");
    const isCut = delayMs >= limitMs(timeout);
    const delayed = delay?.percentage ? (delay.percentage.value ?? 0) : (delay?.percent ?? 0);
    const late = isCut || delayMs >= patienceMs ? ((100 - aborted) * delayed) / 100 : 0;
    return [
        ...(aborted > 0 ? [{ outcome: failing(`fault ${abort?.httpStatus ?? 503}`), percent: aborted }] : []),
        ...(late > 0
            ? [{ outcome: failing(isCut ? "timeout 504" : `delay of ${patienceMs / 1000} s`), percent: late }]
            : []),
    ];
}

/** How long a rule lets an answer take, as Istio writes it: all tries together, or each of them. Undefined where there is no limit. */
export function timeoutOfRule({ timeout, retries }: Pick<Rule, "timeout" | "retries">): string | undefined {
    const ofTry = (retries?.attempts ?? 0) > 0 ? retries?.perTryTimeout : undefined;
    return limitMs(ofTry) < limitMs(timeout) ? ofTry : limitMs(timeout) < Infinity ? timeout : undefined;
}

/** To Istio a timeout of 0 is none. */
function limitMs(timeout: string | undefined): number {
    return milliseconds(timeout ?? "0s") || Infinity;
}

/** How a Service without routes shares requests: evenly over its pods. */
export function sharesByPods(world: World, host: string, called: Called = {}): Share[] {
    const at = meantBy(world, host);
    return behind(world, { host: at, at, given: {}, called }, (workload) => versionOfPods(workload));
}

/** The share of each destination of a rule, in percent; Istio shares in the proportion of the weights, whatever their sum. */
export function destinationShares({ route = [] }: Pick<Rule, "route">): number[] {
    const given = route.map(({ weight }) => weight ?? (route.length === 1 ? 100 : 0));
    const sum = given.reduce((total, weight) => total + weight, 0);
    return given.map((weight) => (sum > 0 ? (100 * weight) / sum : route.length === 1 ? 100 : 0));
}

function routed(world: World, rule: Rule, naming: Naming, from: string | undefined, called: Called): Share[] {
    const route = rule.route ?? [];
    const shares = destinationShares(rule);
    if (!shares.some((share) => share > 0)) return [{ outcome: failing("the rule leads nowhere: 503"), percent: 100 }];
    return route.flatMap((one, index) => {
        const percent = shares[index] ?? 0;
        if (percent === 0) return [];
        const { subset } = one.destination;
        const host = meantBy(world, fullHost(one.destination.host, rule.namespace));
        const known = subset === undefined ? undefined : subsetOf(world, host, subset, from);
        const name = versionNamed(one, rule, naming);
        const fails = (why: string, what: string): Share => ({
            outcome: { ...failing(`${why}: 503`), name: `${name} (${what})` },
            percent,
        });
        // Where no DestinationRule is seen, its subset may still be in a place that can't be read.
        if (subset !== undefined && !known && world.isWhole)
            return [fails(`no subset ${subset} of ${shortHost(host)}`, "no such subset")];
        const arrived = arrivingAt(world, host, one.destination.port?.number, called);
        if (arrived.port !== undefined && lacksPort(world, host, arrived.port))
            return [fails(`no port ${arrived.port} of ${shortHost(host)}`, "no such port")];
        const labels = known && (known.labels ?? {});
        const pods = labels ? JSON.stringify(Object.entries(labels).sort()) : subset;
        const at = pods === undefined ? host : `${host} ${pods}`;
        const way = { host, at, given: headersFor(rule, one, {}), labels, called: arrived };
        return scaled(
            behind(world, way, () => name),
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
