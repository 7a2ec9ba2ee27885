import { shortHost } from "../world/hosts";
import { reading, type World, workloadsBehind } from "../world/world";
import type { Workload } from "../world/workloads";
import type { Outcome, Share } from "./share";
import { type Called, type Missing, otherPort } from "./servicePorts";

/** Where a part of the requests is sent. */
interface Way {
    readonly host: string;
    readonly at: string;
    readonly given: Outcome["given"];
    readonly labels?: Readonly<Record<string, string>> | undefined;
    /** The port of the Service, where it is known. */
    readonly called: Called;
}

/** Who answers at a destination, each with the share of its pods. */
export function behind(
    world: World,
    { host, at, given, labels, called }: Way,
    nameOf: (workload: Workload) => string,
): Share[] {
    const selected =
        labels === undefined && at !== host ? [] : workloadsBehind(world, host, labels).filter(({ pods }) => pods > 0);
    const met = selected.map((workload) => ({ workload, other: otherPort(world, host, called, workload) }));
    const answering = met.flatMap(({ workload, other }) => (typeof other === "string" ? [{ workload, other }] : []));
    const all = answering.reduce((sum, { workload }) => sum + workload.pods, 0);
    if (all === 0) {
        const [first = nobodyAt(host, labels)] = selected;
        const other = otherPort(world, host, called);
        const missing =
            met.flatMap(({ other }) => (typeof other === "string" ? [] : [other]))[0] ?? noPods(world, host);
        const lacks = missing && { ...missing, host, labels };
        const outcome = { name: nameOf(first), at: typeof other === "string" ? at + other : at, given };
        return [{ outcome: { ...outcome, ...(world.isWhole && { ready: 0 }), ...(lacks && { lacks }) }, percent: 100 }];
    }
    return answering.map(({ workload, other }) => ({
        outcome: answeredBy(workload, { name: nameOf(workload), at, given }, other),
        percent: (100 * workload.pods) / all,
    }));
}

function nobodyAt(host: string, labels: Way["labels"] = {}): Workload {
    return { id: "", kind: "", namespace: "", name: shortHost(host), labels, pods: 0, template: "" };
}

/** Only of a Service that selects pods, among all that there are, it is known that none answer. */
function noPods(world: World, host: string): Missing | undefined {
    const { selector = {} } = reading(world).services.get(host) ?? {};
    return world.isWhole && Object.keys(selector).length > 0 ? { what: "no pods" } : undefined;
}

/** @param other at which other port than before, in words, where it is another: what answers there is other code. */
export function answeredBy(
    { id, template, ready }: Workload,
    outcome: Pick<Outcome, "name" | "at" | "given">,
    other = "",
): Outcome {
    return {
        ...outcome,
        at: outcome.at + other,
        pods: { workload: id, template: other + template },
        ...(ready !== undefined && { ready }),
    };
}

/** A part of some shares. */
export function scaled(shares: readonly Share[], percent: number): Share[] {
    return shares.map(({ outcome, percent: part }) => ({ outcome, percent: (part * percent) / 100 }));
}
