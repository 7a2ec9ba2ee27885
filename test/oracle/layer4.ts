import type { Routes } from "./delegates";
import type { WeightedCluster } from "./envoy";
import type { L4Rule } from "./istio";
import type { World } from "./manifest";
import { mostSpecific } from "./names";
import { endpointsOf, isMeantFor, weighted, type For } from "./translate";

/** Where connections go that Envoy does not look into: the first `tcp` rule that is meant for this proxy and port. */
export function tcpClusters(world: World, all: readonly Routes[], to: For): WeightedCluster[] | undefined {
    const rule = all.flatMap(({ tcp }) => tcp).find((one) => one.route?.length && isForProxy(one, to));
    return rule && clustersOf(world, rule, to);
}

/** Where TLS goes that is not opened on the way, by the name that the client asks for. */
export function tlsClusters(world: World, all: readonly Routes[], to: For, sni: string): WeightedCluster[] | undefined {
    const byName = new Map<string, L4Rule>();
    for (const rule of all.flatMap(({ tls }) => tls))
        for (const match of rule.match ?? [])
            for (const name of match.sniHosts ?? [])
                if (rule.route?.length && isMeantFor(match, to) && !byName.has(name)) byName.set(name, rule);
    const rule = mostSpecific(sni, byName);
    return rule && clustersOf(world, rule, to);
}

function isForProxy({ match = [] }: L4Rule, to: For): boolean {
    return match.length === 0 || match.some((block) => isMeantFor(block, to));
}

function clustersOf(world: World, { route = [] }: L4Rule, to: For): WeightedCluster[] {
    return weighted(route, (destination) => endpointsOf(world, destination, to));
}
