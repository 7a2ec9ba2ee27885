import { istioTag, reference } from "../../../cluster/images/tag";
import { gateway, service } from "../build";
import type { Manifest } from "../manifest";
import { callers } from "../vocabulary";

export const namespace = "oracle";
export const callerPod = "oracle-caller";
export const callerLabels = { ...callers.page };
export const gatewayNames = ["edge", "inner"] as const;
/** Where the gateways' pods listen for their port 80. */
export const gatewayPort = 8080;

const proxyImage = reference({ name: "proxyv2", tag: istioTag() });

/** Versions behind all Services of all worlds. Two workloads run as v1, by different templates. */
const workloads = [
    { name: "pool-v1", version: "v1", replicas: 1 },
    { name: "pool-v1-again", version: "v1", replicas: 1 },
    { name: "pool-v2", version: "v2", replicas: 1 },
    { name: "pool-v3", version: "v3", replicas: 1 },
];

/** What all worlds have in common, as the oracle reads it: the pods, all of them ready, and the gateways. */
export function sharedManifests(): Manifest[] {
    return [
        ...workloads.map(poolDeployment),
        ...gatewayNames.map((name) => gateway(`${namespace}/${name}`, ["*"], { selector: { istio: name } })),
        ...gatewayNames.map(gatewayService),
    ];
}

/** What is applied for them, and does not concern the oracle: the namespace, the gateways' pods and the caller. */
export function surroundings(): object[] {
    const labels = { "istio-injection": "enabled" };
    return [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
        ...gatewayNames.map((name) =>
            pod(
                name,
                { istio: name, "sidecar.istio.io/inject": "true" },
                { name: "istio-proxy", image: "auto" },
                { "inject.istio.io/templates": "gateway" },
            ),
        ),
        pod(callerPod, callerLabels, { name: "main", image: proxyImage, command: ["sleep", "86400"] }),
    ];
}

function gatewayService(name: string): Manifest {
    return service(`${namespace}/${name}`, { targetPort: gatewayPort }, { selector: { istio: name } });
}

function poolDeployment({ name, version, replicas }: (typeof workloads)[number]): Manifest {
    const labels = { app: "pool", version };
    const template = {
        // Without a sidecar: who answers is told by the pod itself, and nothing stands before it.
        metadata: { labels: { ...labels, workload: name, "sidecar.istio.io/inject": "false" } },
        spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
                {
                    name: "main",
                    image: proxyImage,
                    imagePullPolicy: "Never",
                    command: ["envoy", "--disable-hot-restart", "--concurrency", "1", "--config-yaml", answering(name)],
                    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
                    securityContext: { runAsUser: 10001, runAsGroup: 10001 },
                },
            ],
        },
    };
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace },
        spec: { replicas, selector: { matchLabels: { workload: name } }, template },
        status: { replicas, readyReplicas: replicas },
    };
}

/** A server that answers everything with its workload's name. */
function answering(name: string): string {
    const type = (of: string): string => `type.googleapis.com/envoy.extensions.filters.${of}`;
    const route = {
        match: { prefix: "/" },
        direct_response: { status: 200 },
        response_headers_to_add: [{ header: { key: "x-served-by-pod", value: `${namespace}/${name}` } }],
    };
    const manager = {
        "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
        stat_prefix: "answers",
        route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] },
        http_filters: [{ name: "router", typed_config: { "@type": type("http.router.v3.Router") } }],
    };
    const listener = {
        name: "answers",
        address: { socket_address: { address: "0.0.0.0", port_value: 8080 } },
        filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
    };
    return JSON.stringify({ static_resources: { listeners: [listener] } });
}

/** Run as another user than the sidecar's, whose own traffic is not taken up by it. */
function pod(name: string, labels: object, container: object, annotations: object = {}): object {
    const isGateway = name !== callerPod;
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace, labels, annotations },
        spec: {
            terminationGracePeriodSeconds: 1,
            ...(isGateway ? {} : { securityContext: { runAsUser: 10001, runAsGroup: 10001 } }),
            containers: [{ imagePullPolicy: "Never", ...container }],
        },
    };
}
