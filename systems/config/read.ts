import type { Problem } from "../../components/traffic/split/problem";
import { ServiceStrategy } from "../../components/traffic/split/strategy";
import { allTo, complete, type VersionName, type Weights } from "../../components/traffic/split/weights";
import { parse } from "./parse";
import { problemsOf } from "./problems";
import type { ServiceSettings, Settings, SystemSettings } from "./settings";
import type { Whereabouts } from "../../cluster/whereabouts";
import type { RawSettings } from "./shape";
import { type KnownService, type KnownSystem, knownSystems } from "../systems";
import { deploymentsOf } from "../known";

export type * from "./settings";

/**
 * Reads a stack's config.
 *
 * @param values the config's values by key without namespace, as Pulumi hands them over: maps as JSON, all else as text.
 * @param known the systems there are.
 * @returns the settings, or every problem there is; never half of both.
 */
export function readSettings(
    values: Readonly<Record<string, string>>,
    known: readonly KnownSystem[] = knownSystems,
): { settings?: Settings; problems: Problem[] } {
    const { raw, unread, problems } = parse(values);
    const chosen = [...new Set(raw.system)].flatMap((name) => known.find((system) => system.name === name) ?? []);
    const services = chosen.flatMap((system) => system.services.map((service) => serviceSettings(service, raw)));
    const systems = chosen.map((system) => systemSettings(system, raw));
    problems.push(...problemsOf(raw, known, chosen, systems, services, unread));
    if (problems.length > 0) return { problems };
    return {
        problems,
        settings: {
            ...whereabouts(raw),
            limits: raw.limits,
            guards: raw.guards,
            remove: raw.remove,
            systems: byName(systems),
            services: byName(services),
            addons: raw.addons,
        },
    };
}

function serviceSettings(known: KnownService, raw: RawSettings): ServiceSettings {
    const { name } = known;
    const images = raw.images[name] ?? {};
    const configured = raw.weights[name] as Weights | undefined;
    const versions = versionsOf(known, raw);
    const stable = raw.stable[name] ?? versions[0] ?? "v1";
    const weights = configured
        ? complete(configured, [...new Set([...versions, ...Object.keys(configured)])])
        : allTo(stable, versions);
    const [usual] = known.strategies;
    // Whether it is one at all is looked at with all else that may be wrong.
    const strategies = raw.strategy as Readonly<Record<string, ServiceStrategy>>;
    const { canaryHeader } = raw;
    return {
        name,
        versions,
        strategy: strategies[name] ?? usual,
        stable,
        weights,
        ...(raw.blueGreen[name] && { blueGreen: raw.blueGreen[name] }),
        ...(raw.inPlace[name] && { inPlace: raw.inPlace[name] }),
        canaryHeader: usual && canaryHeader && versions.includes(canaryHeader.to) ? canaryHeader : undefined,
        replicas: raw.replicas[name] ?? raw.replicas.all ?? known.replicas ?? 1,
        counted: countedOf(known, raw),
        total: raw.total[name] ?? 4,
        images,
        ...(raw.registry && { registry: raw.registry }),
        routing: raw.routing[name] ?? {},
    };
}

/** Where versions wait to be named, the first is there from the beginning, until the weights name others alone. */
function versionsOf(known: KnownService, raw: RawSettings): VersionName[] {
    const imaged = Object.keys(raw.images[known.name] ?? {});
    if (!known.named) return [...new Set([...known.versions, ...imaged])];
    const all = [...new Set([...known.versions, ...imaged])];
    const weighted = Object.keys(raw.weights[known.name] ?? {});
    const named = [...(weighted.length > 0 ? weighted : all.slice(0, 1)), raw.canaryHeader?.to];
    return all.filter((version) => named.includes(version));
}

function countedOf(known: KnownService, raw: RawSettings): Record<string, number> {
    const counted = deploymentsOf(known, raw).map((name) => [name, raw.replicas[name]] as const);
    return Object.fromEntries(counted.flatMap(([name, pods]) => (pods === undefined ? [] : [[name, pods]])));
}

function systemSettings(known: KnownSystem, raw: RawSettings): SystemSettings {
    const { name, needs, host, chain, options } = known;
    const chainWeights = chain && (raw.weights[chain.name] as Weights | undefined);
    const versions = known.services.find((service) => service.name === chain?.services[0])?.versions ?? [];
    const given: unknown = (raw as Record<string, unknown>)[name] ?? {};
    return {
        name,
        needs,
        host: raw.hosts[name] ?? host,
        ...(chainWeights && { chainWeights: complete(chainWeights, versions) }),
        options: options?.safeParse(given).data,
    };
}

function whereabouts(raw: RawSettings): Whereabouts {
    const { target, allowedTargets, cluster, context, kubeconfig, istio, gateway, registry } = raw;
    return { target, allowedTargets, cluster, context, kubeconfig, istio, gateway, registry };
}

function byName<Named extends { name: string }>(list: readonly Named[]): Record<string, Named> {
    return Object.fromEntries(list.map((one) => [one.name, one]));
}
