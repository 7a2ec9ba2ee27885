import { Finding, unreadable } from "./finding";
import * as hosts from "../world/hosts";
import type { VirtualServiceSpec } from "../world/istio";
import { type Routes, rulesOf, splitsOf } from "../world/rules";
import type { ServiceTraffic } from "./serviceTraffic";
import { bodiesAt, type Body, isBody, type Value } from "../world/values";
import { VersionName, Weights } from "../split/weights";

/** What a VirtualService says of a service's traffic, or why that can't be said. */
export interface ReadTraffic {
    /** Undefined where there are findings. */
    readonly traffic?: ServiceTraffic;
    readonly findings: readonly Finding[];
}

/**
 * Reads a VirtualService's spec, from wherever it comes: an engine, an export, a cluster.
 *
 * Rules that nobody has to ask for count as the weights; where several serve (a path, the catch-all), a version has the largest
 * share that one of them gives it.
 *
 * @param service the name for messages. Default: the first host without its domain.
 * @param spec anything; what is unknown at preview, is no number, or is a number as text is refused with a finding.
 */
export function trafficIn(spec: unknown, service = serviceOf(spec), namespace = "default"): ReadTraffic {
    const routes = { namespace, name: "", body: { spec: spec as Value } };
    const findings = unfitIn(routes, service);
    if (findings.length > 0) return { findings };
    const splits = splitsOf(routes);
    const reachableByHeader = splits[0]?.reachableByHeader ?? [];
    return {
        traffic: { service, weights: largest(splits.map(({ weights }) => weights)), reachableByHeader },
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
    // A host of every name is one of a gateway, and there may be several.
    return host === "*" ? `* of ${namespace}` : hosts.fullHost(host, namespace);
}

function hostOf(spec: unknown): string {
    const hosts = (spec as Partial<VirtualServiceSpec> | undefined)?.hosts;
    return Array.isArray(hosts) && typeof hosts[0] === "string" ? hosts[0] : "";
}

/** Every weight that can't be judged, and all else without which nothing can. */
function unfitIn(routes: Routes, service: string): Finding[] {
    const { http, tls, tcp } = (routes.body.spec ?? {}) as Partial<Record<"http" | "tls" | "tcp", unknown>>;
    const given = [http, tls, tcp].filter((some) => some !== undefined);
    if (given.length === 0 || !given.every((some) => Array.isArray(some)))
        return [unreadable(service, "its routes are not known, so the step can't be judged")];
    const isKnown = (rule: unknown): boolean => {
        const route = (rule as Body | undefined)?.route;
        return Array.isArray(route) && route.every(isBody);
    };
    if (!given.flat().every(isKnown))
        return [unreadable(service, "a rule has no known route, so the step can't be judged")];
    return rulesOf(routes).flatMap(({ body, destinations }) =>
        bodiesAt(body, "route").flatMap((one, index) =>
            unfitWeight(one, destinations[index]?.version ?? "", service, destinations.length),
        ),
    );
}

function unfitWeight(destination: Body, version: VersionName, service: string, count: number): Finding[] {
    const { weight } = destination;
    if (weight === undefined && isMissing(destination, count)) return [];
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

function largest(all: readonly Weights[]): Weights {
    const merged: Record<VersionName, number> = {};
    for (const weights of all)
        for (const [version, weight] of Object.entries(weights))
            merged[version] = Math.max(merged[version] ?? 0, Math.round(weight * 10) / 10);
    return merged;
}
