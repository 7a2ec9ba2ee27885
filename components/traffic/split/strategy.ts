/**
 * How a TrafficSplit tells the versions of a service apart. All strategies take the same weights, canary header and stable version;
 * what they make of them differs.
 */
export enum Strategy {
    /** Subsets of one Service; the mesh counts requests, so any whole percent can be had (seeds 000, 002). */
    Mesh = "mesh",
    /** A version a namespace, each with a Service of its own; the mesh counts requests (seed 001). */
    Namespaces = "namespaces",
    /** Tiers that can't mix versions: one decision at the entry moves caller and callee together (seed 004). */
    Pairs = "pairs",
}

/** How a service's traffic is moved: by a TrafficSplit, or without a mesh. */
export const ServiceStrategy = {
    ...Strategy,
    /** A ReplicaSplit: the share of a version is its share of the pods behind one Service (seed 003). */
    Replicas: "replicas",
} as const;
export type ServiceStrategy = (typeof ServiceStrategy)[keyof typeof ServiceStrategy];
