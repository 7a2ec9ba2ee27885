import type { Destination, WeightedDestination } from "../world/istio";
import { ServiceStrategy } from "./strategy";
import type { VersionName } from "./weights";

/** The request header that carries a release's version along a chain of services, set at the edge. */
export const releaseHeader = "x-release";

/** How a service's versions are told apart. */
export interface DestinationSpec {
    /** The Kubernetes Service that callers address. */
    readonly host: string;
    /** Default `mesh`. */
    readonly strategy?: ServiceStrategy | undefined;
    /** Where each version is, for strategy `pairs`: the name of its Service. */
    readonly destinations?: Readonly<Record<VersionName, string>>;
}

/** Where requests for a version go. */
export function destinationOf(spec: DestinationSpec, version: VersionName): WeightedDestination {
    switch (spec.strategy) {
        case ServiceStrategy.Namespaces:
            return { destination: { host: `${spec.host}.${version}.svc.cluster.local` } };
        case ServiceStrategy.Pairs:
            // A Service says nothing of the version that runs behind it: the request does.
            return {
                destination: { host: spec.destinations?.[version] ?? spec.host },
                headers: { request: { set: { [releaseHeader]: version } } },
            };
        default:
            return { destination: { host: spec.host, subset: version } };
    }
}

/** The version that a destination stands for, for all strategies; empty when it stands for none. */
export function versionOf({ destination, headers }: WeightedDestination): VersionName {
    return headers?.request?.set?.[releaseHeader] ?? destination.subset ?? namespaceOf(destination);
}

function namespaceOf({ host }: Destination): VersionName {
    return host.endsWith(".svc.cluster.local") ? (host.split(".")[1] ?? "") : "";
}
