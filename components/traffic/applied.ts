import { AppliedTraffic, ServiceTraffic } from "./serviceTraffic";
import { Finding, unreadable } from "./finding";
import type { HttpRoute, VirtualServiceSpec } from "./istio";
import { weightsIn } from "./routes";
import { VersionName, weightOf, Weights } from "./weights";

/** What a VirtualService says of a service's traffic, or why that can't be said. */
export interface ReadTraffic {
    /** Undefined where there are findings. */
    readonly traffic?: ServiceTraffic;
    readonly findings: readonly Finding[];
}

/**
 * Reads a VirtualService's spec, from wherever it comes: an engine, an export, a cluster.
 *
 * The rules that need no header count as the weights; where several are open to everybody (a path, the catch-all), a version has
 * the largest share that one of them gives it.
 *
 * @param service the name for messages. Default: the first host without its domain.
 * @param spec anything; what is unknown at preview, is no number, or is a number as text is refused with a finding.
 */
export function trafficIn(spec: unknown, service = serviceOf(spec)): ReadTraffic {
    const findings = unfitIn(spec, service);
    if (findings.length > 0) return { findings };
    const http = rulesOf(spec) as HttpRoute[];
    const open = http.filter(isOpen).map(weightsOf);
    const forHeaders = http.filter((rule) => !isOpen(rule) || needsHeader(rule)).map(weightsOf);
    return {
        traffic: { service, weights: largest(open), reachableByHeader: [...new Set(forHeaders.flatMap(served))] },
        findings,
    };
}

/** The service that a VirtualService routes: its first host without namespace and domain. Empty where there is none. */
export function serviceOf(spec: unknown): string {
    return hostOf(spec).split(".")[0] ?? "";
}

/** A VirtualService's first host with its namespace, so that short and long names of one service are equal. */
export function fullHost(spec: unknown, namespace: string): string {
    const host = hostOf(spec);
    return host.includes(".") ? host : `${host}.${namespace}.svc.cluster.local`;
}

/** A resource as a state or a cluster has it, as far as this reads it. */
export interface SeenResource {
    readonly kind: string;
    readonly namespace: string;
    readonly spec: unknown;
}

/**
 * The view that one place has of some services.
 *
 * @param hosts the services by full host, see `fullHost`; the value is the name for messages.
 * @param seen every resource of that place; only VirtualServices of those hosts are looked at, whatever their names. Of several
 * with one host each is a view: which of them the mesh follows is not defined.
 */
export function appliedIn(
    readFrom: AppliedTraffic["readFrom"],
    hosts: ReadonlyMap<string, string>,
    seen: readonly SeenResource[],
): { applied: AppliedTraffic[]; findings: Finding[] } {
    const read = seen
        .filter(({ kind }) => kind === "VirtualService")
        .flatMap(({ spec, namespace }) => {
            const service = hosts.get(fullHost(spec, namespace));
            return service === undefined ? [] : [trafficIn(spec, service)];
        });
    return {
        applied: read.flatMap(({ traffic }) => (traffic ? [{ ...traffic, readFrom }] : [])),
        findings: read.flatMap(({ findings }) => findings),
    };
}

function hostOf(spec: unknown): string {
    const hosts = (spec as Partial<VirtualServiceSpec> | undefined)?.hosts;
    return Array.isArray(hosts) && typeof hosts[0] === "string" ? hosts[0] : "";
}

/** The rules of HTTP and of TCP; undefined where they are not known. */
function rulesOf(spec: unknown): unknown[] | undefined {
    const { http, tcp } = (spec ?? {}) as { http?: unknown; tcp?: unknown };
    const rules = [http, tcp].filter((some) => some !== undefined);
    return rules.length > 0 && rules.every((some) => Array.isArray(some)) ? rules.flat() : undefined;
}

/** Every weight that can't be judged, and all else without which nothing can. */
function unfitIn(spec: unknown, service: string): Finding[] {
    const http = rulesOf(spec);
    if (!http) return [unreadable(service, "its routes are not known, so the step can't be judged")];
    return http.flatMap((rule: unknown) => {
        const route = (rule as Partial<HttpRoute> | undefined)?.route;
        if (!Array.isArray(route))
            return [unreadable(service, "a rule has no known route, so the step can't be judged")];
        return route.flatMap((destination: HttpRoute["route"][number]) =>
            unfitWeight(destination, service, route.length),
        );
    });
}

function unfitWeight(destination: HttpRoute["route"][number], service: string, count: number): Finding[] {
    const { weight } = destination;
    if (weight === undefined && isMissing(destination, count)) return [];
    const version = Object.keys(weightsOf({ route: [destination] }))[0];
    if (typeof weight === "string" && weight !== unknown)
        return [
            unreadable(service, `the weight of ${version} is the text ${JSON.stringify(weight)}, and must be a number`),
        ];
    if (typeof weight !== "number")
        return [unreadable(service, `the weight of ${version} is not known at preview: give weights as plain numbers`)];
    if (!Number.isInteger(weight) || weight < 0 || weight > 100)
        return [unreadable(service, `the weight of ${version} is ${weight}, and must be a whole number from 0 to 100`)];
    return [];
}

/** Istio reads a missing weight of a single destination as all requests, and beside others as none; an unknown one is not missing. */
function isMissing(destination: object, count: number): boolean {
    return !("weight" in destination) || count === 1;
}

/** What the engine writes for a value that is not known at preview. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A rule that somebody without a special header meets: one of its conditions asks for none. */
function isOpen({ match }: HttpRoute): boolean {
    return !match?.length || match.some(({ headers }) => !headers || Object.keys(headers).length === 0);
}

function needsHeader({ match }: HttpRoute): boolean {
    return match?.some(({ headers }) => headers && Object.keys(headers).length > 0) ?? false;
}

function weightsOf(rule: Pick<HttpRoute, "route">): Weights {
    return weightsIn({ hosts: [], http: [{ route: rule.route }] });
}

function served(weights: Weights): VersionName[] {
    return Object.keys(weights).filter((version) => weightOf(weights, version) > 0);
}

function largest(all: readonly Weights[]): Weights {
    const merged: Record<VersionName, number> = {};
    for (const weights of all)
        for (const [version, weight] of Object.entries(weights))
            merged[version] = Math.max(merged[version] ?? 0, weight);
    return merged;
}
