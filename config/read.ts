import { CanaryHeader } from "../components/traffic/headerMatch";
import { Problem } from "../components/traffic/problem";
import { Routing } from "../components/traffic/routing";
import { Strategy } from "../components/traffic/strategy";
import { allTo, complete, VersionName, Weights } from "../components/traffic/weights";
import { parse } from "./parse";
import { problemsOf } from "./problems";
import { RawSettings, Whereabouts } from "./schema";
import { KnownService, KnownSystem, knownSystems } from "./systems";

/** A service as the stack's config has it. */
export interface ServiceSettings {
    readonly name: string;
    /** Every version that gets a Deployment, in a fixed order. */
    readonly versions: readonly VersionName[];
    /** How its traffic is split; none where it is not. */
    readonly strategy?: Strategy;
    /** The version a rollback returns to. */
    readonly stable: VersionName;
    readonly weights: Weights;
    /** The version that may go to 100 at once, in a declared blue/green switch. */
    readonly blueGreen?: VersionName;
    readonly canaryHeader?: CanaryHeader;
    /** Pods of each version. */
    readonly replicas: number;
    /** Pods of single Deployments, where the config counts them by themselves. */
    readonly counted: Readonly<Record<string, number>>;
    /** Pods of all versions together, for strategy `replicas`. Default 4, as in seed 003. */
    readonly total: number;
    /** Image references by version, where the config names one. */
    readonly images: Readonly<Record<VersionName, string>>;
    /** The registry of our own images, where they are not brought to the cluster from here. */
    readonly registry?: string;
    readonly routing: Routing;
}

/** One system of the stack. */
export interface SystemSettings {
    readonly name: string;
    /** The host name under which the gateway serves it. */
    readonly host: string;
    /** Percent of requests per version of a whole chain of services, where the config gives it. */
    readonly chainWeights?: Weights;
    /** The system's own settings, as its schema left them. */
    readonly options: unknown;
}

/** Prometheus, Grafana, Kiali and Jaeger beside the mesh. */
export interface AddonSettings {
    readonly enabled: boolean;
    /** What their hosts end in. */
    readonly domain: string;
    /** Image by addon, where the config names one. */
    readonly images: Readonly<Record<string, string>>;
}

/** The stack's config, checked and with every default filled in. */
export interface Settings extends Readonly<Whereabouts> {
    /** The systems to run, by name, in the order of the config. */
    readonly systems: Readonly<Record<string, SystemSettings>>;
    /** How far one step may go, in points of percent: for one version, and for all services of a system together. */
    readonly limits: { readonly maxRaise: number; readonly maxRaiseTogether: number };
    /** The services of all these systems. */
    readonly services: Readonly<Record<string, ServiceSettings>>;
    readonly addons: AddonSettings;
}

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
    const { raw, problems } = parse(values);
    if (!raw) return { problems };
    const chosen = raw.system.flatMap((name) => known.find((system) => system.name === name) ?? []);
    const services = chosen.flatMap((system) => system.services.map((service) => serviceSettings(service, raw)));
    const systems = chosen.map((system) => systemSettings(system, raw));
    problems.push(...problemsOf(raw, known, chosen, systems, services));
    if (problems.length > 0) return { problems };
    return {
        problems,
        settings: {
            ...whereabouts(raw),
            limits: raw.limits,
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
    const { canaryHeader } = raw;
    return {
        name,
        versions,
        strategy: (raw.strategy[name] as Strategy | undefined) ?? usual,
        stable,
        weights,
        ...(raw.blueGreen[name] && { blueGreen: raw.blueGreen[name] }),
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

/** The Deployments of a service that the config may count by themselves. */
export function deploymentsOf(known: KnownService, raw: RawSettings): string[] {
    const versions = [...known.versions, ...Object.keys(raw.images[known.name] ?? {})];
    return known.deployments?.([...new Set(versions)]) ?? [];
}

function countedOf(known: KnownService, raw: RawSettings): Record<string, number> {
    const counted = deploymentsOf(known, raw).map((name) => [name, raw.replicas[name]] as const);
    return Object.fromEntries(counted.flatMap(([name, pods]) => (pods === undefined ? [] : [[name, pods]])));
}

function systemSettings(known: KnownSystem, raw: RawSettings): SystemSettings {
    const { name, host, chain, options } = known;
    const chainWeights = chain && (raw.weights[chain.name] as Weights | undefined);
    const versions = known.services.find((service) => service.name === chain?.services[0])?.versions ?? [];
    const given: unknown = (raw as Record<string, unknown>)[name] ?? {};
    return {
        name,
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
