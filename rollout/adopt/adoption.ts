import type { TrafficSplitArgs } from "../../components/split/TrafficSplit";
import type { Problem } from "../../components/traffic/split/problem";
import type { Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";

/** The arguments of a TrafficSplit that an adoption comes to: all of them plain. */
export interface SplitArgs extends Omit<
    TrafficSplitArgs,
    "namespace" | "gateways" | "routesName" | "subsetsName" | "service"
> {
    readonly namespace: string;
    readonly service: string;
    readonly gateways?: string[];
    readonly routesName: string;
    readonly subsetsName: string;
}

/** A field of a live object that the program does not have, and why nobody misses it. */
export interface LeftOut {
    /** The object and the field's path: `VirtualService review: spec.http[0].name`. */
    readonly at: string;
    readonly why: string;
}

/** A live object that becomes a resource of the stack as it is. */
export interface Import {
    readonly kind: "VirtualService" | "DestinationRule";
    readonly namespace: string;
    readonly name: string;
}

/** What a live object comes to as a TrafficSplit. */
export interface Converted {
    /** The TrafficSplit's name, and the key of its weights in the config. */
    readonly name: string;
    readonly args: SplitArgs;
    readonly imports: readonly Import[];
    /** The live objects with which the program's are compared field by field. */
    readonly compared: LiveSplit;
    readonly leftOut: readonly LeftOut[];
    /** What the program lays over the objects that a TrafficSplit makes. */
    readonly kept: Kept;
    /** What is to be known besides: said, and no reason to refuse. */
    readonly notes: readonly string[];
    /** What the live object is to Istio, where it is no VirtualService itself. */
    readonly standsFor?: Placed;
    /** What somebody else's controller made, and has to be there without it: how that is done. */
    readonly handOver?: HandOver;
}

/** What a TrafficSplit has no words for, who serves has nothing to do with, and stays as it is. */
export interface Kept {
    /** The DestinationRule's policy for all versions. */
    readonly trafficPolicy?: Body;
    /** Fields that are the same in every rule. */
    readonly rules?: Body;
    /** The VirtualService's, and the DestinationRule's. */
    readonly routesMetadata?: KeptMetadata;
    readonly subsetsMetadata?: KeptMetadata;
}

/** Labels and annotations by which others go: an address for external-dns, a revision of Istio. */
export interface KeptMetadata {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
}

/** What is done beside the import, so that who moved the traffic until now stops, and nobody's request fails. */
export interface HandOver {
    /** Commands by which a controller lets go of what it has, and leaves it where it is. */
    readonly release: readonly string[];
    /** Workloads that then take over what it had. */
    readonly workloads: readonly Placed[];
    /** Commands once these are applied: before the import, and after the first update. */
    readonly before: readonly string[];
    readonly after: readonly string[];
}

/** A conversion, or every reason why there is none. */
export type Conversion =
    | { readonly converted: Converted; readonly problems: readonly [] }
    | { readonly converted?: undefined; readonly problems: readonly Problem[] };

/** The live objects that a TrafficSplit is compared with. */
export interface LiveSplit {
    readonly routes: Placed;
    /** None where no DestinationRule defines the versions. */
    readonly subsets?: Placed;
}

/** A conversion that is refused. */
export function refused(...problems: readonly Problem[]): Conversion {
    return { problems };
}
