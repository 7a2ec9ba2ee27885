import { releaseHeader } from "./destinations";
import type { Destination, WeightedDestination } from "../world/istio";
import { type VersionName, weightOf, type Weights } from "./weights";

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
