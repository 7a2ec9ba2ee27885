import type { DestinationRuleSpec, TrafficPolicy } from "../world/istio";
import type { Routing } from "./routing";
import type { SplitSpec } from "./routes";
import type { VersionName } from "./weights";

/** What a service's DestinationRule is made of. */
export interface SubsetSpec extends Pick<SplitSpec, "host" | "versions"> {
    /** Pods of each version; what outlier detection may leave out depends on it. Default 1. */
    readonly pods?: Readonly<Record<VersionName, number>>;
    readonly routing?: Routing | undefined;
    /** The label of the pods that says which version they are. Default `version`. */
    readonly versionLabel?: string;
    /** That label's value for each version whose name is another. */
    readonly labelValues?: Readonly<Record<VersionName, string>>;
    /** Labels that the pods of every version must have besides. */
    readonly subsetLabels?: Readonly<Record<string, string>>;
}

/**
 * One subset a version, with labels that never change: a subset that is relabelled under traffic
 * has no endpoints for a while (argo-rollouts #2507, #4752).
 */
export function subsetsFor(spec: SubsetSpec): DestinationRuleSpec {
    const subsets = spec.versions.map((version) => {
        const policy = policyFor(spec.routing ?? {}, spec.pods?.[version] ?? 1);
        return {
            name: version,
            labels: sorted({
                ...spec.subsetLabels,
                [spec.versionLabel ?? "version"]: spec.labelValues?.[version] ?? version,
            }),
            ...(Object.keys(policy).length > 0 && { trafficPolicy: policy }),
        };
    });
    return { host: spec.host, subsets };
}

/** In the order in which an API server gives labels back: a subset that reads otherwise counts as relabelled. */
function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function policyFor({ warmupSeconds, ejectAfter, stickyBySource }: Routing, pods: number): TrafficPolicy {
    const loadBalancer = {
        ...(stickyBySource && { consistentHash: { useSourceIp: true } }),
        ...(warmupSeconds && !stickyBySource && { simple: "LEAST_REQUEST", warmup: { duration: `${warmupSeconds}s` } }),
    };
    // Of one pod nothing can be left out: with it ejected, Envoy has nobody to send to (istio panics only below 0 %).
    const outlierDetection = ejectAfter &&
        pods > 1 && {
            consecutive5xxErrors: ejectAfter,
            interval: "10s",
            baseEjectionTime: "30s",
            maxEjectionPercent: Math.floor((100 * (pods - 1)) / pods),
        };
    return {
        ...(Object.keys(loadBalancer).length > 0 && { loadBalancer }),
        ...(outlierDetection && { outlierDetection }),
    };
}
