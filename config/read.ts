import { closest } from "fastest-levenshtein";
import { CanaryHeader, canaryHeaderProblems } from "../components/traffic/headerMatch";
import { Problem } from "../components/traffic/problem";
import { allTo, complete, VersionName, Weights, weightProblems } from "../components/traffic/weights";
import { keys, mapKeys, RawSettings, schema, TargetName } from "./schema";
import { KnownService } from "./systems";

/** A service as the stack's config has it. */
export interface ServiceSettings {
    readonly name: string;
    /** Every version that gets a Deployment, in a fixed order. */
    readonly versions: readonly VersionName[];
    /** The version a rollback returns to. */
    readonly stable: VersionName;
    readonly weights: Weights;
    /** The version that may go to 100 at once, in a declared blue/green switch. */
    readonly blueGreen?: VersionName;
    readonly canaryHeader?: CanaryHeader;
    /** Pods of each version. */
    readonly replicas: number;
    /** Image references by version, where the config names one. */
    readonly images: Readonly<Record<VersionName, string>>;
}

/** The stack's config, checked and with every default filled in. */
export interface Settings {
    readonly target: TargetName;
    /** The embedded or k3d cluster's name. */
    readonly cluster: string;
    /** The kubeconfig context, for target `context`. */
    readonly context?: string;
    /** The host name that the gateway serves. */
    readonly gatewayHost: string;
    /** How far one step may go, in points of percent: for one version, and for all services together. */
    readonly limits: { readonly maxRaise: number; readonly maxRaiseTogether: number };
    readonly services: Readonly<Record<string, ServiceSettings>>;
}

/**
 * Reads a stack's config.
 *
 * @param values the config's values by key without namespace, as Pulumi hands them over: maps as JSON, all else as text.
 * @param known the services of the system.
 * @returns the settings, or every problem there is; never half of both.
 */
export function readSettings(
    values: Readonly<Record<string, string>>,
    known: readonly KnownService[],
): { settings?: Settings; problems: Problem[] } {
    const { raw, problems } = parse(values);
    if (!raw) return { problems };
    const services = known.map((service) => serviceSettings(service, raw));
    problems.push(...unknownServices(raw, known), ...contextProblems(raw), ...headerProblems(raw, services));
    for (const service of services) problems.push(...serviceProblems(service, raw));
    if (problems.length > 0) return { problems };
    const { target, cluster, context, gatewayHost, limits } = raw;
    return {
        problems,
        settings: {
            target,
            cluster,
            context,
            gatewayHost,
            limits,
            services: Object.fromEntries(services.map((service) => [service.name, service])),
        },
    };
}

function parse(values: Readonly<Record<string, string>>): { raw?: RawSettings; problems: Problem[] } {
    const problems: Problem[] = [];
    const parsed: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(values)) {
        if (!keys.includes(key)) {
            const near = closest(key, keys);
            problems.push({
                at: key,
                message: `unknown key; the nearest known one is ${near}`,
                mend: `pulumi config rm ${key}`,
            });
            continue;
        }
        parsed[key] = mapKeys.includes(key) ? parseMap(value) : value;
    }
    // `canaryHeader: {}` is the default of Pulumi.yaml, and means that there is none.
    if (isEmpty(parsed.canaryHeader)) delete parsed.canaryHeader;
    const result = schema.safeParse(parsed);
    if (result.success) return { raw: result.data, problems };
    for (const issue of result.error.issues) {
        const at = issue.path.join(".");
        if (issue.code === "unrecognized_keys") {
            for (const key of issue.keys)
                problems.push({
                    at: `${at}.${key}`,
                    message: "unknown key",
                    mend: `pulumi config rm --path ${at}.${key}`,
                });
        } else if (issue.code === "invalid_value") {
            problems.push({
                at,
                message: `${JSON.stringify(valueAt(parsed, issue.path))} is none of ${issue.values.join(", ")}`,
                mend: `pulumi config set ${at} ${closest(String(valueAt(parsed, issue.path)), issue.values.map(String))}`,
            });
        } else {
            problems.push({
                at,
                message: `${JSON.stringify(valueAt(parsed, issue.path))} does not fit: ${issue.message}`,
            });
        }
    }
    return { problems };
}

/** A value that is no JSON goes on as text: the schema then says what is wrong with it. */
function parseMap(value: string): unknown {
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}

function isEmpty(value: unknown): boolean {
    return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function serviceSettings(known: KnownService, raw: RawSettings): ServiceSettings {
    const images = raw.images[known.name] ?? {};
    const versions = [...new Set([...known.versions, ...Object.keys(images)])];
    const stable = raw.stable[known.name] ?? versions[0] ?? "v1";
    const configured = raw.weights[known.name] as Weights | undefined;
    const weights = configured
        ? complete(configured, [...new Set([...versions, ...Object.keys(configured)])])
        : allTo(stable, versions);
    const replicas = raw.replicas[known.name] ?? raw.replicas.all ?? 1;
    const canaryHeader =
        known.split && raw.canaryHeader && versions.includes(raw.canaryHeader.to) ? raw.canaryHeader : undefined;
    const blueGreen = raw.blueGreen[known.name];
    return { name: known.name, versions, stable, weights, blueGreen, canaryHeader, replicas, images };
}

function serviceProblems(service: ServiceSettings, raw: RawSettings): Problem[] {
    const problems =
        service.name in raw.weights
            ? weightProblems(`weights.${service.name}`, raw.weights[service.name] as Weights, service.versions)
            : [];
    return [
        ...problems,
        ...unknownVersion("stable", service, service.stable, service.versions[0]),
        ...unknownVersion("blueGreen", service, service.blueGreen, service.versions.at(-1)),
    ];
}

function unknownVersion(key: string, { name, versions }: ServiceSettings, given?: string, instead?: string): Problem[] {
    if (given === undefined || versions.includes(given)) return [];
    return [
        {
            at: `${key}.${name}`,
            message: `there is no version ${given}; the versions are ${versions.join(", ")}`,
            mend: `pulumi config set --path ${key}.${name} ${instead}`,
        },
    ];
}

/** One header serves all split services, so its version must be there in one of them at least. */
function headerProblems(raw: RawSettings, services: readonly ServiceSettings[]): Problem[] {
    if (!raw.canaryHeader) return [];
    const problems = canaryHeaderProblems("canaryHeader", raw.canaryHeader);
    const { to } = raw.canaryHeader;
    if (to && !services.some((service) => service.canaryHeader)) {
        problems.push({
            at: "canaryHeader.to",
            message: `no service has a version ${to}`,
            mend: `pulumi config set --path canaryHeader.to v2`,
        });
    }
    return problems;
}

function contextProblems(raw: RawSettings): Problem[] {
    if (raw.target !== "context" || raw.context) return [];
    return [
        {
            at: "context",
            message: "target context needs the name of a kubeconfig context: never the current one by accident",
            mend: "pulumi config set context NAME",
        },
    ];
}

function unknownServices(raw: RawSettings, known: readonly KnownService[]): Problem[] {
    const all = known.map((service) => service.name);
    const split = known.filter((service) => service.split).map((service) => service.name);
    const allowed: [string, readonly string[], readonly string[]][] = [
        ["weights", Object.keys(raw.weights), split],
        ["stable", Object.keys(raw.stable), split],
        ["blueGreen", Object.keys(raw.blueGreen), split],
        ["images", Object.keys(raw.images), all],
        ["replicas", Object.keys(raw.replicas), ["all", ...all]],
    ];
    return allowed.flatMap(([key, names, fit]) =>
        names
            .filter((name) => !fit.includes(name))
            .map((name) => ({
                at: `${key}.${name}`,
                message: `there is no ${name} here; the nearest is ${closest(name, [...fit])}`,
                mend: `pulumi config rm --path ${key}.${name}`,
            })),
    );
}
