import type {
    DestinationRuleSpec,
    GatewaySpec,
    HttpRule,
    ServicePort,
    ServiceSpec,
    VirtualServiceSpec,
    WeightedDestination,
    WorkloadSpec,
    WorkloadStatus,
} from "./istio";
import type { Manifest } from "./manifest";

/** Objects as a user writes them, with what a test does not care about filled in. */

const istio = "networking.istio.io/v1";

export function virtualService(
    id: string,
    spec: VirtualServiceSpec,
    creationTimestamp?: string,
): Manifest<VirtualServiceSpec> {
    return { apiVersion: istio, kind: "VirtualService", metadata: { ...named(id), creationTimestamp }, spec };
}

/** @param subsets labels by subset, or versions that are subsets by their own name */
export function destinationRule(
    id: string,
    host: string,
    subsets: Readonly<Record<string, Record<string, string>>> | readonly string[],
    more: Partial<DestinationRuleSpec> = {},
): Manifest<DestinationRuleSpec> {
    const labels = Array.isArray(subsets)
        ? Object.fromEntries(subsets.map((version: string) => [version, { version }]))
        : (subsets as Record<string, Record<string, string>>);
    const spec = { host, subsets: Object.entries(labels).map(([name, own]) => ({ name, labels: own })), ...more };
    return { apiVersion: istio, kind: "DestinationRule", metadata: named(id), spec };
}

export function gateway(id: string, hosts: string[] = ["*"], more: Partial<GatewaySpec> = {}): Manifest<GatewaySpec> {
    const servers = [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts }];
    return {
        apiVersion: istio,
        kind: "Gateway",
        metadata: named(id),
        spec: { selector: { istio: "edge" }, servers, ...more },
    };
}

/** A Service with one port for the pods labelled `app: its name`. */
export function service(
    id: string,
    port: Partial<ServicePort> = {},
    more: Partial<ServiceSpec> = {},
): Manifest<ServiceSpec> {
    const metadata = named(id);
    const ports = [{ name: "http", port: 80, targetPort: 8080, ...port }];
    const spec = { selector: { app: metadata.name }, ports, ...more };
    return { apiVersion: "v1", kind: "Service", metadata, spec };
}

/** A version's Deployment, named `app-version`, with all its pods ready. */
export function deployment(
    id: string,
    version: string,
    options: { replicas?: number; ready?: number; image?: string | undefined } = {},
): Manifest<WorkloadSpec, WorkloadStatus> {
    const { replicas = 1, image = `image:${version}` } = options;
    const ready = options.ready ?? replicas;
    const { namespace, name } = named(id);
    const labels = { app: name, version };
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: `${name}-${version}`, namespace },
        spec: {
            replicas,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [{ name: "main", image }] } },
        },
        status: { replicas, ...(ready > 0 ? { readyReplicas: ready } : {}) },
    };
}

/** Destinations by `host` or `host/subset`, with their weights. */
export function to(weights: Readonly<Record<string, number | undefined>>): WeightedDestination[] {
    return Object.entries(weights).map(([key, weight]) => {
        const [host = "", subset] = key.split("/");
        const destination = { host, ...(subset === undefined ? {} : { subset }) };
        return { destination, ...(weight === undefined ? {} : { weight }) };
    });
}

/** One rule for everybody. */
export function split(weights: Parameters<typeof to>[0], more: HttpRule = {}): HttpRule {
    return { route: to(weights), ...more };
}

function named(id: string): { namespace: string; name: string } {
    const [namespace = "", name = ""] = id.split("/");
    return { namespace, name };
}
