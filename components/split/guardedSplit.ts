import type { Addressed } from "../traffic/judge/appliedIn";
import type { ServiceTraffic } from "../traffic/judge/serviceTraffic";
import type { MeshAccess } from "./meshAccess";
import type { VersionName } from "../traffic/split/weights";

/** A split of the program, as its guard judges it. */
export interface GuardedSplit extends Addressed {
    /** The name for messages, and in the config. */
    readonly service: string;
    /** The host that its VirtualService routes, or the Service whose pods it counts. */
    readonly host: string;
    /** What the program proposes; undefined where an edge leaves the decision to the services of its chain. */
    readonly proposed?: ServiceTraffic;
    /** The services for which an edge decides. */
    readonly decides?: readonly string[];
    /** Whether a version goes with its routes: no subset stands for it. It must be drained in a step before. */
    readonly drains?: boolean;
    /** Whether shares follow the number of pods. */
    readonly byPods?: boolean;
    readonly stable: VersionName;
    /** The version of a declared blue/green switch. */
    readonly blueGreen?: VersionName;
    readonly maxRaise: number;
    readonly maxRaiseTogether?: number;
    readonly mesh?: MeshAccess;
}
