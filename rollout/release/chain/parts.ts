import type { Services } from "../manyHands";
import type { ReleasedService } from "../service";

/**
 * What a stack splits, with the services of its chains beside their edges: each by its own weights, by which those come who do not come by
 * the edge.
 */
export function withParts({ services, others }: Services): Services {
    const parts = Object.values(services).flatMap(({ chain, access }) =>
        (chain?.services ?? []).map((one): [string, ReleasedService] => [one.name, { ...one, access }]),
    );
    const all = { ...Object.fromEntries(parts), ...services };
    return { services: all, others: others.filter(({ service }) => !(service in all)) };
}
