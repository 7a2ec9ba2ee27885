import { madeByKubernetes } from "../../components/traffic/split/served";
import type { Workload } from "../../components/traffic/world/workloads";

/** Pods of a version that are behind a Service. */
export interface VersionPods {
    /** What their label says. */
    readonly value: string;
    /** Percent of the Service's requests that they get today, by their number. */
    readonly served: number;
}

/** Labels that versions are usually told by, the most usual first. */
const usual = ["version", "app.kubernetes.io/version", "release", "track", "slot", "color", "variant"];

/**
 * The label that tells the versions of a Service apart: of several workloads one that each of them has, with another value; of one
 * workload the one that versions are usually told by.
 *
 * @param selector of the Service, whose labels all pods have alike.
 * @returns undefined where there is none, or where several would do and none is usual.
 */
export function tellingLabel(
    workloads: readonly Workload[],
    selector: Readonly<Record<string, string>>,
): string | undefined {
    const [first] = workloads;
    const shared = Object.keys(first?.labels ?? {}).filter(
        (label) =>
            !(label in selector) && !madeByKubernetes.test(label) && workloads.every(({ labels }) => label in labels),
    );
    const valuesOf = (label: string): number => new Set(workloads.map(({ labels }) => labels[label])).size;
    const telling = workloads.length > 1 ? shared.filter((label) => valuesOf(label) > 1) : shared;
    const known = usual.find((label) => telling.includes(label));
    return known ?? (workloads.length > 1 && telling.length === 1 ? telling[0] : undefined);
}

/** Versions by the value of a label, in the order of these: `v2` before `v10`. Workloads without it are none. */
export function byVersion(workloads: readonly Workload[], label: string): VersionPods[] {
    const pods = new Map<string, number>();
    for (const { labels, pods: count } of workloads) {
        const value = labels[label];
        if (value !== undefined) pods.set(value, (pods.get(value) ?? 0) + count);
    }
    const all = [...pods.values()].reduce((sum, one) => sum + one, 0);
    return [...pods]
        .sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }))
        .map(([value, count]) => ({ value, served: (100 * count) / all }));
}
