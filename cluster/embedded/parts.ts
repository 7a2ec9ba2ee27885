import * as fs from "node:fs";
import { apiServer } from "./credentials";
import { containerdSocket } from "./config";
import { apiPort, insideDir, network } from "./layout";
import type { PartSpec } from "./part";
import { healthy, listening } from "./probes";

/** Programs of this machine that a cluster runs. */
export interface Programs {
    /** API server, controller manager, scheduler, kubelet and kube-proxy in one. */
    kubernetes: string;
    etcd: string;
    containerd: string;
    ctr: string;
    runc: string;
}

export type PartName =
    "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kube-proxy" | "containerd" | "kubelet";

/** How to run each part of a cluster. @param node the node's name */
export function partSpecs(node: string, programs: Programs): Record<PartName, PartSpec> {
    const kubernetes = (name: PartName, probe: PartSpec["probe"], flags: Flags): PartSpec => ({
        ...part(name, probe),
        command: [programs.kubernetes, name, ...flagged(flags)],
    });
    return {
        etcd: {
            ...part("etcd", () => healthy("http://127.0.0.1:2381/health")),
            command: [programs.etcd, ...flagged(etcd)],
            // etcd 3.4 asks for this consent on arm64, where it has run for years.
            env: { ETCD_UNSUPPORTED_ARCH: process.arch === "arm64" ? "arm64" : "" },
        },
        containerd: {
            ...part("containerd", () => listening(containerdSocket)),
            command: [programs.containerd, "--config", insideDir("conf", "containerd.toml"), "--log-level", "warn"],
        },
        "kube-apiserver": kubernetes(
            "kube-apiserver",
            () => healthy(`${apiServer}/readyz`, fs.readFileSync(insideDir("pki", "ca.crt"), "utf8")),
            apiserver,
        ),
        "kube-controller-manager": kubernetes(
            "kube-controller-manager",
            () => healthy("https://127.0.0.1:10257/healthz"),
            controllerManager,
        ),
        "kube-scheduler": kubernetes("kube-scheduler", () => healthy("https://127.0.0.1:10259/healthz"), {
            kubeconfig: insideDir("conf", "scheduler.kubeconfig"),
            "bind-address": "127.0.0.1",
            "leader-elect": "false",
            profiling: "false",
        }),
        "kube-proxy": kubernetes("kube-proxy", () => healthy("http://127.0.0.1:10256/healthz"), {
            config: insideDir("conf", "kube-proxy.json"),
            "hostname-override": node,
        }),
        kubelet: kubernetes("kubelet", () => healthy("http://127.0.0.1:10248/healthz"), {
            config: insideDir("conf", "kubelet.json"),
            kubeconfig: insideDir("conf", "kubelet.kubeconfig"),
            "root-dir": insideDir("kubelet"),
            "hostname-override": node,
            "node-ip": network.node,
        }),
    };
}

type Flags = Readonly<Record<string, string>>;

function part(name: PartName, probe: PartSpec["probe"]): Omit<PartSpec, "command"> {
    return { name, probe, log: insideDir("logs", `${name}.log`) };
}

function flagged(flags: Flags): string[] {
    return Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
}

const pki = (file: string): string => insideDir("pki", file);

const etcd: Flags = {
    name: "upshift",
    "data-dir": insideDir("etcd"),
    "listen-client-urls": "https://127.0.0.1:2379",
    "advertise-client-urls": "https://127.0.0.1:2379",
    "listen-peer-urls": "https://127.0.0.1:2380",
    "initial-advertise-peer-urls": "https://127.0.0.1:2380",
    "initial-cluster": "upshift=https://127.0.0.1:2380",
    "listen-metrics-urls": "http://127.0.0.1:2381",
    "client-cert-auth": "true",
    "trusted-ca-file": pki("etcd-ca.crt"),
    "cert-file": pki("etcd.crt"),
    "key-file": pki("etcd.key"),
    "peer-client-cert-auth": "true",
    "peer-trusted-ca-file": pki("etcd-ca.crt"),
    "peer-cert-file": pki("etcd.crt"),
    "peer-key-file": pki("etcd.key"),
    logger: "zap",
    "log-level": "warn",
};

const apiserver: Flags = {
    "advertise-address": network.node,
    "secure-port": String(apiPort),
    "service-cluster-ip-range": network.services,
    "etcd-servers": "https://127.0.0.1:2379",
    "etcd-cafile": pki("etcd-ca.crt"),
    "etcd-certfile": pki("etcd-client.crt"),
    "etcd-keyfile": pki("etcd-client.key"),
    "tls-cert-file": pki("api.crt"),
    "tls-private-key-file": pki("api.key"),
    "client-ca-file": pki("ca.crt"),
    "authentication-config": insideDir("conf", "authentication.json"),
    "authorization-mode": "Node,RBAC",
    "enable-admission-plugins": "NodeRestriction",
    "allow-privileged": "true",
    "kubelet-certificate-authority": pki("ca.crt"),
    "kubelet-client-certificate": pki("kubelet-client.crt"),
    "kubelet-client-key": pki("kubelet-client.key"),
    // The node's name is in no name server.
    "kubelet-preferred-address-types": "InternalIP",
    // Asks etcd for its progress, which Debian's etcd 3.4 does not tell, again and again.
    "feature-gates": "SizeBasedListCostEstimate=false",
    "service-account-issuer": `https://kubernetes.default.svc.${network.domain}`,
    "service-account-signing-key-file": pki("service-accounts.key"),
    "service-account-key-file": pki("service-accounts.crt"),
    profiling: "false",
};

const controllerManager: Flags = {
    kubeconfig: insideDir("conf", "controller-manager.kubeconfig"),
    "bind-address": "127.0.0.1",
    "leader-elect": "false",
    "use-service-account-credentials": "true",
    "allocate-node-cidrs": "true",
    "cluster-cidr": network.pods,
    "service-cluster-ip-range": network.services,
    "root-ca-file": pki("ca.crt"),
    "service-account-private-key-file": pki("service-accounts.key"),
    "cluster-signing-cert-file": pki("ca.crt"),
    "cluster-signing-key-file": pki("ca.key"),
    profiling: "false",
};
