import { CanaryHeader } from "../components/traffic/headerMatch";
import { Problem } from "../components/traffic/problem";
import { Routing } from "../components/traffic/routing";
import { Strategy } from "../components/traffic/strategy";
import { allTo, complete, VersionName, Weights } from "../components/traffic/weights";
import { parse } from "./parse";
import { problemsOf } from "./problems";
import { RawSettings, TargetName } from "./schema";
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
    readonly canaryHeader?: CanaryHeader;
    /** Pods of each version. */
    readonly replicas: number;
    /** Pods of all versions together, for strategy `replicas`. Default 4, as in seed 003. */
    readonly total: number;
    /** Image references by version, where the config names one. */
    readonly images: Readonly<Record<VersionName, string>>;
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
export interface Settings {
    readonly target: TargetName;
    /** The embedded or k3d cluster's name. */
    readonly cluster: string;
    /** The kubeconfig context, for target `context`. */
    readonly context?: string;
    /** The systems to run, by name, in the order of the config. */
    readonly systems: Readonly<Record<string, SystemSettings>>;
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
    problems.push(...problemsOf(raw, known, chosen, services));
    if (problems.length > 0) return { problems };
    const { target, cluster, context, addons } = raw;
    return {
        problems,
        settings: { target, cluster, context, systems: byName(systems), services: byName(services), addons },
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
        canaryHeader: usual && canaryHeader && versions.includes(canaryHeader.to) ? canaryHeader : undefined,
        replicas: raw.replicas[name] ?? raw.replicas.all ?? 1,
        total: raw.total[name] ?? 4,
        images,
        routing: raw.routing[name] ?? {},
    };
}

/** Where versions wait to be named, the first is there from the beginning. */
function versionsOf(known: KnownService, raw: RawSettings): VersionName[] {
    const imaged = Object.keys(raw.images[known.name] ?? {});
    if (!known.named) return [...new Set([...known.versions, ...imaged])];
    const named = [...Object.keys(raw.weights[known.name] ?? {}), ...imaged];
    const there = known.versions.filter((version, index) => index === 0 || named.includes(version));
    return [...new Set([...there, ...imaged])];
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

function byName<Named extends { name: string }>(list: readonly Named[]): Record<string, Named> {
    return Object.fromEntries(list.map((one) => [one.name, one]));
}
