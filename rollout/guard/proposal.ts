import type { Chain } from "../../components/traffic/judge/alongChain";
import { fullHost, trafficIn } from "../../components/traffic/judge/applied";
import type { Addressed, SeenResource } from "../../components/traffic/judge/appliedIn";
import type { ServiceTraffic } from "../../components/traffic/judge/checkStep";
import { replicasFor } from "../../components/traffic/split/replicas";
import { routesFor } from "../../components/traffic/split/routes";
import { Strategy } from "../../components/traffic/split/strategy";
import type { VersionName } from "../../components/traffic/split/weights";
import type { ServiceSettings, Settings } from "../../config/read";
import { knownSystems } from "../../config/systems";

/** A chain of the stack's systems, and what the config has the edge decide for it. */
export interface ProposedChain extends Chain {
    readonly host: string;
    readonly stable: VersionName;
    readonly proposed?: ServiceTraffic;
}

/** What the config proposes for a service. */
export function proposedTraffic({
    name,
    versions,
    weights,
    canaryHeader,
    strategy,
    total,
}: ServiceSettings): ServiceTraffic {
    if (strategy === Strategy.Replicas)
        return { service: name, weights: replicasFor(weights, total, versions).shares, reachableByHeader: [] };
    const destinations = Object.fromEntries(versions.map((version) => [version, version]));
    const spec = routesFor({ host: name, versions, weights, canaryHeader, strategy, destinations });
    const { traffic, findings } = trafficIn(spec, name);
    // The config was checked before: its weights are whole percents.
    if (!traffic) throw new Error(findings.map(({ message }) => message).join("\n"));
    return traffic;
}

/** The chains that an edge may decide for. */
export function chainsOf({ systems, services }: Settings): ProposedChain[] {
    return Object.values(systems).flatMap(({ name, host, chainWeights: weights }) => {
        const chain = knownSystems.find((system) => system.name === name)?.chain;
        if (!chain) return [];
        const stable = services[chain.services[0] ?? ""]?.stable ?? "";
        const proposed = weights && { service: chain.name, weights, reachableByHeader: [] };
        return [{ ...chain, host, stable, ...(proposed && { proposed }) }];
    });
}

/** What is addressed by full host, in every namespace in which the stack has one of its hosts or Services. */
export function addressedIn(settings: Settings, state: readonly SeenResource[]): Map<string, Addressed> {
    const split = Object.values(settings.services).filter(({ strategy }) => strategy);
    const addressed: (readonly [string, Addressed])[] = [
        ...split.map((service) => [hostOf(settings, service), { service: service.name }] as const),
        ...chainsOf(settings).map(({ host, name }) => [host, { service: name, isChain: true }] as const),
    ];
    const inNamespace = (namespace: string) =>
        addressed.map(([host, one]) => [fullHost({ hosts: [host] }, namespace), one] as const);
    const isOurs = ({ kind, namespace, name, spec }: SeenResource): boolean => {
        const hosts = kind === "VirtualService" ? fullHost(spec, namespace) : fullHost({ hosts: [name] }, namespace);
        return kind !== "Deployment" && inNamespace(namespace).some(([host]) => host === hosts);
    };
    const namespaces = new Set(state.filter(isOurs).map(({ namespace }) => namespace));
    return new Map([...namespaces].flatMap(inNamespace));
}

/** Where versions are told apart by namespace or by pair, the decision is made at the gateway, for its host. */
function hostOf({ systems }: Settings, { name, strategy }: ServiceSettings): string {
    if (strategy === Strategy.Mesh || strategy === Strategy.Replicas) return name;
    const system = knownSystems.find(({ services }) => services.some((service) => service.name === name));
    return systems[system?.name ?? ""]?.host ?? name;
}
