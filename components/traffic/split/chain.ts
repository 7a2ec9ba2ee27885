import { type ReadTraffic, trafficIn } from "../judge/applied";
import { releaseHeader } from "./destinations";
import type { Destination, HttpRoute, VirtualServiceSpec, WeightedDestination } from "../world/istio";
import { VersionName, weightOf, Weights } from "./weights";

/**
 * The edge's decision for a whole chain of services: all requests go to one destination, a share of them with each
 * version's name in the header `x-release`. Every service of the chain sends such a request to that version
 * (`inChain`), so that the chain moves as one. The header is set, not added: nobody outside chooses for himself.
 */
export function chainDestinations(
    destination: Destination,
    versions: readonly VersionName[],
    weights: Weights,
): WeightedDestination[] {
    return versions.map((version) => ({
        destination,
        headers: { request: { set: { [releaseHeader]: version } } },
        weight: weightOf(weights, version),
    }));
}

/** What an edge's routes decide for a chain: its releases' shares. Undefined where each service goes by weights of its own. */
export function decidedIn(spec: unknown, chain: string, namespace?: string): ReadTraffic | undefined {
    const { http } = (spec ?? {}) as Partial<VirtualServiceSpec>;
    // What can't be read is said by who reads it.
    if (!Array.isArray(http)) return trafficIn(spec, chain, namespace);
    const decides = ({ route }: HttpRoute): boolean =>
        !Array.isArray(route) || route.some(({ headers }) => headers?.request?.set?.[releaseHeader] !== undefined);
    const deciding = http.filter(decides);
    return deciding.length > 0 ? trafficIn({ ...(spec as object), http: deciding }, chain, namespace) : undefined;
}

/** Whether a service's routes send requests of a release where the edge decided. */
export function followsChain(spec: unknown): boolean {
    const { http } = (spec ?? {}) as Partial<VirtualServiceSpec>;
    if (!Array.isArray(http)) return false;
    return http.some(({ match }) => match?.some(({ headers }) => headers?.[releaseHeader] !== undefined) ?? false);
}
