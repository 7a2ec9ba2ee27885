import * as path from "node:path";
import { embeddedContext } from "../../components/mesh/unreachable";
import { placeDigest, stateDir } from "../paths";

/** Addresses of a cluster. All clusters use the same ones: each has a network of its own, with no way out. */
export const network = {
    node: "10.200.0.1",
    pods: "10.244.0.0/16",
    /** What the one node gives its pods: the controller manager cuts the pods' range into pieces of this size. */
    nodePods: "10.244.0.0/24",
    services: "10.96.0.0/12",
    /** The Service `kubernetes`: always the first address of the range. */
    apiService: "10.96.0.1",
    dns: "10.96.0.10",
    domain: "cluster.local",
} as const;

/** Where the API server listens on the node. */
export const apiPort = 6443;

/** NodePorts of the ingress gateway, which `ports.https` and `ports.http` on the host's 127.0.0.1 lead to. */
export const nodePorts = { https: 30443, http: 30080 } as const;

/** Ports on the host's 127.0.0.1 that lead into the cluster. */
export interface HostPorts {
    /** The API server. */
    api: number;
    /** The ingress gateway, TLS. */
    https: number;
    /** The ingress gateway, plain. */
    http: number;
}

/** The host ports that a first cluster gets; the next free ones when they are taken. */
export const defaultPorts: HostPorts = { api: 16443, https: 18443, http: 18080 };

/** Where a host port leads, seen from inside the cluster's network. */
export const targets: Readonly<Record<keyof HostPorts, number>> = {
    api: apiPort,
    https: nodePorts.https,
    http: nodePorts.http,
};

/** The cluster that is meant when none is named. */
export const defaultName = "upshift";

/** Folder and files of a cluster on the host. */
export function clusterDir(name: string, ...parts: string[]): string {
    return stateDir("clusters", name, ...parts);
}

/**
 * The cluster's folder as its processes see it, wherever the checkout lies: configuration files need no templates, sockets
 * have short names, and a checkout that was moved still finds its pods.
 */
export function insideDir(...parts: string[]): string {
    return path.join("/run/upshift", ...parts);
}

/** The cgroup under which all of a cluster's processes run. Two checkouts may each have a cluster of the same name. */
export function cgroupOf(name: string): string {
    return `upshift-${name}-${placeDigest(clusterDir(name))}`;
}

/** The kubeconfig context of a cluster. */
export function contextOf(name: string): string {
    return `${embeddedContext}${name}`;
}

/** The command that does something to a cluster, for messages. */
export function command(name: string, verb: string): string {
    return `npx upshift cluster ${verb}${name === defaultName ? "" : ` --name ${name}`}`;
}
