import { KubernetesObjectApi, PatchStrategy, type KubeConfig, type KubernetesObject } from "@kubernetes/client-node";
import * as crypto from "node:crypto";
import { containment } from "./containment";
import { database, databaseAddress } from "./database/access";
import { network } from "./layout";

/** Creates what a cluster holds from the beginning, or brings it up to date: first of all what keeps pods from the machine. */
export async function applyBootstrap(config: KubeConfig, corednsImage: string): Promise<void> {
    const api = KubernetesObjectApi.makeApiClient(config);
    const apply = (object: object): Promise<KubernetesObject> =>
        api.patch(object, undefined, undefined, "upshift-cluster", true, PatchStrategy.ServerSideApply);
    await Promise.all(containment().map(apply));
    await Promise.all([...system, ...coredns(corednsImage)].map(apply));
}

/** The API server may reach into the node for logs, exec and port-forward; pods of the system have no privilege. */
const system: object[] = [
    {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "kube-system", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "upshift:kubelet-api" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:kubelet-api-admin" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "kube-apiserver-kubelet-client" }],
    },
];

/**
 * The name server knows the cluster's names and that of the database beside it, and of all others that they don't exist: there
 * is no way out to ask. A plugin that is named here for the first time belongs into cluster/tools/coredns/main.go too.
 */
export const corefile = `${network.domain}:53 in-addr.arpa:53 ip6.arpa:53 {
    errors
    health {
        lameduck 2s
    }
    ready
    kubernetes ${network.domain} in-addr.arpa ip6.arpa {
        pods insecure
        ttl 30
    }
    cache 30
    loadbalance
}
${database.host}:53 {
    errors
    hosts {
        ${databaseAddress} ${database.host}
    }
}
.:53 {
    errors
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`;

const namespace = "kube-system";
const labels = { "k8s-app": "kube-dns" };

/** As upstream installs it, with one replica. */
const coredns = (image: string): object[] => [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "coredns", namespace } },
    {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "system:coredns" },
        rules: [
            { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
            { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        ],
    },
    {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "system:coredns" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:coredns" },
        subjects: [{ kind: "ServiceAccount", name: "coredns", namespace }],
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "coredns", namespace }, data: { Corefile: corefile } },
    {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "kube-dns", namespace, labels: { ...labels, "kubernetes.io/name": "CoreDNS" } },
        spec: {
            clusterIP: network.dns,
            selector: labels,
            ports: [
                { name: "dns", port: 53, protocol: "UDP" },
                { name: "dns-tcp", port: 53, protocol: "TCP" },
                { name: "metrics", port: 9153, protocol: "TCP" },
            ],
        },
    },
    {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "coredns", namespace, labels },
        spec: {
            replicas: 1,
            strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
            selector: { matchLabels: labels },
            template: {
                // A pod reads the Corefile when it starts: another one makes another pod.
                metadata: { labels, annotations: { "upshift.dev/corefile": digest(corefile) } },
                spec: corednsPod(image),
            },
        },
    },
];

const corednsPod = (image: string): object => ({
    serviceAccountName: "coredns",
    priorityClassName: "system-cluster-critical",
    dnsPolicy: "Default",
    securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: "RuntimeDefault" },
        // Port 53 without being root.
        sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
    },
    containers: [
        {
            name: "coredns",
            image,
            imagePullPolicy: "Never",
            args: ["-conf", "/etc/coredns/Corefile"],
            resources: { requests: { cpu: "20m", memory: "40Mi" }, limits: { memory: "170Mi" } },
            ports: [
                { name: "dns", containerPort: 53, protocol: "UDP" },
                { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
                { name: "metrics", containerPort: 9153, protocol: "TCP" },
            ],
            livenessProbe: { httpGet: { path: "/health", port: 8080 }, failureThreshold: 5, timeoutSeconds: 5 },
            readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 2 },
            startupProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1, failureThreshold: 60 },
            securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
            },
            volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
        },
    ],
    volumes: [{ name: "config", configMap: { name: "coredns" } }],
});

function digest(text: string): string {
    return crypto.createHash("sha256").update(text).digest("hex").slice(0, 12);
}
