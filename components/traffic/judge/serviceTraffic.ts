import type { VersionName, Weights } from "../split/weights";

/** A service's traffic, applied or proposed: plain data, however it was read. */
export interface ServiceTraffic {
    /** The service's name, as messages and config call it. */
    readonly service: string;
    /** Percent of requests per version, of those that carry no special header. */
    readonly weights: Weights;
    /** Versions that requests with some header reach whatever the weights. */
    readonly reachableByHeader: readonly VersionName[];
}

/** What is applied, as one place has it. Several of the same service are views of it that may differ. */
export interface AppliedTraffic extends ServiceTraffic {
    /** Where it was read. */
    readonly readFrom: "state" | "cluster";
    /** Ready pods by version; undefined where they could not be counted. */
    readonly readyPods?: Readonly<Record<VersionName, number>>;
    /** Whether its routes follow what an edge decided for a chain of services. Default false. */
    readonly inChain?: boolean;
    /** Where its routes lead, by which pods are counted; undefined where no routes are. */
    readonly destinations?: readonly VersionDestination[];
}

/** Where a version's requests go. */
export interface VersionDestination {
    readonly version: VersionName;
    /** The full name of the Service. */
    readonly host: string;
    /** The value of the pods' label `version`, where the Service selects other versions, too. */
    readonly subset?: string;
}

/** Points by which one step may raise a version where nothing else is said. */
export const defaultMaxRaise = 25;

/** How far one step may go. */
export interface StepLimits {
    /** Points of percent by which a step may raise a version. */
    readonly maxRaise: number;
    /**
     * Points by which a step may raise the services of a chain, all added up: a request passes all of them, so that small
     * raises of several are one large one to it. From 100 on there is no such limit. Default: `maxRaise`.
     */
    readonly maxRaiseTogether?: number;
    /** The version that a rollback returns to, by service. Default: the first version of what is applied. */
    readonly stable?: Readonly<Record<string, VersionName>>;
    /** Declared blue/green switches: the version, by service, that may go to 100 at once. */
    readonly blueGreen?: Readonly<Record<string, VersionName>>;
}
