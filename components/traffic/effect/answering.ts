import { shortHost } from "../world/hosts";
import { type World, workloadsBehind } from "../world/world";
import type { Workload } from "../world/workloads";
import type { Outcome, Share } from "./outcome";
import { type Called, otherPort } from "./servicePorts";

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
    const other = (workload?: Workload): string | undefined => otherPort(world, host, called, workload);
    const selected =
        labels === undefined && at !== host ? [] : workloadsBehind(world, host, labels).filter(({ pods }) => pods > 0);
    const workloads = selected.filter((workload) => other(workload) !== undefined);
    const all = workloads.reduce((sum, { pods }) => sum + pods, 0);
    if (all === 0) {
        const nobody = { id: "", kind: "", namespace: "", name: shortHost(host), labels: labels ?? {} };
        const name = nameOf({ ...nobody, pods: 0, template: "", ports: {} });
        return [
            { outcome: { name, at: at + (other() ?? ""), given, ...(world.isWhole && { ready: 0 }) }, percent: 100 },
        ];
    }
    return workloads.map((workload) => ({
        outcome: answeredBy(workload, { name: nameOf(workload), at, given }, other(workload)),
        percent: (100 * workload.pods) / all,
    }));
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
