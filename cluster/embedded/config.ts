import * as fs from "node:fs";
import { insideDir, network } from "./layout";

/** Where containerd listens. /run is the cluster's own. */
export const containerdSocket = "/run/containerd/containerd.sock";

/** What the files depend on. */
export interface ConfigArgs {
    /** The cluster's cgroup. */
    cgroup: string;
    /** The image that holds a pod's namespaces. */
    pauseImage: string;
    /** The program that starts containers. */
    runc: string;
}

/** Writes the configuration files of all parts to `conf/`. */
export function writeConfig(args: ConfigArgs): void {
    const json = (value: unknown): string => JSON.stringify(value, undefined, 4) + "\n";
    const files: Record<string, string> = {
        "containerd.toml": containerd(args),
        "cni/upshift.conflist": json(cni),
        "kubelet.json": json(kubelet(args.cgroup)),
        "kube-proxy.json": json(kubeProxy),
        "authentication.json": json(authentication),
        // No name server: names outside the cluster lead nowhere.
        "resolv.conf": "",
    };
    fs.mkdirSync(insideDir("conf", "cni"), { recursive: true });
    for (const [file, contents] of Object.entries(files)) fs.writeFileSync(insideDir("conf", file), contents);
}

const containerd = (args: ConfigArgs): string => `version = 2
root = "${insideDir("containerd")}"
state = "/run/containerd"
disabled_plugins = [
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.zfs",
    "io.containerd.tracing.processor.v1.otlp",
    "io.containerd.internal.v1.tracing",
]

[grpc]
address = "${containerdSocket}"

[plugins."io.containerd.internal.v1.opt"]
path = "/run/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${args.pauseImage}"
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${insideDir("conf", "cni")}"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "${args.runc}"
SystemdCgroup = false
`;

/**
 * Every pod hangs on the node by a wire of its own (`ptp`), no bridge: so all traffic between pods passes the node's
 * iptables, and Services work between neighbours without the kernel's br_netfilter. Leases are in memory, since no pod's
 * network survives a stop.
 */
const cni = {
    cniVersion: "0.4.0",
    name: "upshift",
    plugins: [
        {
            type: "ptp",
            ipMasq: false,
            ipam: {
                type: "host-local",
                dataDir: "/run/cni",
                ranges: [[{ subnet: network.nodePods }]],
                routes: [{ dst: "0.0.0.0/0" }],
            },
        },
        { type: "portmap", capabilities: { portMappings: true } },
    ],
};

const kubelet = (cgroup: string): object => ({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: network.node,
    readOnlyPort: 0,
    tlsCertFile: insideDir("pki", "kubelet.crt"),
    tlsPrivateKeyFile: insideDir("pki", "kubelet.key"),
    authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: insideDir("pki", "ca.crt") },
    },
    authorization: { mode: "Webhook" },
    clusterDomain: network.domain,
    clusterDNS: [network.dns],
    resolvConf: insideDir("conf", "resolv.conf"),
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    // Pods that ask for no filter of system calls get the runtime's, too.
    seccompDefault: true,
    failSwapOn: false,
    podLogsDir: insideDir("pods"),
    volumePluginDir: insideDir("kubelet", "volume-plugins"),
    containerLogMaxSize: "5Mi",
    containerLogMaxFiles: 2,
    // Every image was brought here by hand. A pod that came before its image makes the kubelet ask a registry for it ever after.
    imagePullCredentialsVerificationPolicy: "NeverVerify",
    // Images can't be fetched again: never delete one to save space, nor a pod.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: {
        "memory.available": "0%",
        "nodefs.available": "0%",
        "nodefs.inodesFree": "0%",
        "imagefs.available": "0%",
        "imagefs.inodesFree": "0%",
    },
    // To measure the pods' disk use costs processor time, and nobody asks for it.
    volumeStatsAggPeriod: "10m",
});

const kubeProxy = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clientConnection: { kubeconfig: insideDir("conf", "kube-proxy.kubeconfig") },
    clusterCIDR: network.pods,
    // The machine's connection table is not the cluster's to size.
    conntrack: { maxPerCore: 0, min: 0 },
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
};

/** Who has not said who he is may ask whether the API server is well, and nothing else. */
const authentication = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    anonymous: { enabled: true, conditions: ["/livez", "/readyz", "/healthz"].map((url) => ({ path: url })) },
};
