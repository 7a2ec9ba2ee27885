import * as fs from "node:fs";
import { checkName } from "../clusterName";
import { finishRemovals, makeOwnFolder, removeOwnFolder } from "../ownFolder";
import { stateDir } from "../paths";
import { removeLeftovers } from "../setup/leftovers";
import { withLock } from "../setup/lock.mjs";
import type { ChosenPorts } from "../target";
import { toolPath } from "../tools/tools";
import { bringImages, builtImage, builtImages } from "./built";
import { isDatabaseOrdered, orderDatabase } from "./database/order";
import { follow, followDatabase, type Progress } from "./follow";
import { followPods } from "./followPods";
import { livePid } from "./identity";
import { launch, supervisorVersion } from "./launch";
import { clusterDir, contextOf, defaultPorts, network, nodePorts, type HostPorts, command } from "./layout";
import { checkMachine } from "./machine";
import { openListeners } from "./ports";
import { readState } from "./state";
import { stop } from "./stop";
import { UserError } from "../../components/userError";

/** A cluster that runs. */
export interface EmbeddedCluster {
    name: string;
    /** The file with which kubectl and Pulumi reach it. */
    kubeconfig: string;
    /** The kubeconfig's context. */
    context: string;
    /** Ports on 127.0.0.1 of this machine: API server, gateway with TLS, gateway without. */
    ports: HostPorts;
    /** The node's address in the cluster's own network. */
    nodeAddress: string;
    /** NodePorts to which `ports.https` and `ports.http` lead. */
    nodePorts: typeof nodePorts;
    /** A process in the cluster's network and mount namespaces, for `nsenter`. */
    pid: number;
}

/** What the user chose. */
export interface UpOptions {
    /** Ports on 127.0.0.1 that must be these; the others are those of last time, or free ones. */
    ports?: ChosenPorts | undefined;
    /** A MySQL database beside the cluster, from now on whenever it runs. */
    database?: boolean | undefined;
}

/** @returns the cluster if it runs, whether it is ready or not */
export function readCluster(name: string): EmbeddedCluster | undefined {
    const state = readState(name);
    const pid = livePid(state?.process);
    if (state === undefined || pid === undefined) return undefined;
    return {
        name,
        kubeconfig: clusterDir(name, "kubeconfig"),
        context: contextOf(name),
        ports: state.ports,
        nodeAddress: network.node,
        nodePorts,
        pid,
    };
}

/**
 * The beginning of a command that runs a program in a cluster's network, with this machine's files.
 *
 * @throws when the cluster does not run
 */
export function insideCommand(name: string): string[] {
    return ["nsenter", `--net=/proc/${running(name).pid}/ns/net`, "--"];
}

/**
 * Starts a cluster, or waits for one that is starting.
 *
 * @returns when the API answers, the node is ready, the name server answers, and the pods that were there are ready again
 *     or three minutes have passed
 * @throws when the machine can't run one, a port is taken, or a part of it died again and again
 */
export async function clusterUp(
    name: string,
    options: UpOptions,
    onProgress: (progress: Progress) => void,
): Promise<EmbeddedCluster> {
    checkName(name);
    checkMachine(name);
    const version = supervisorVersion();
    return alone(name, () => start(name, version, options, onProgress), onProgress);
}

/**
 * Stops a cluster in good order. Its data stay, unless `delete` is given.
 *
 * @returns whether there was anything to do
 */
export async function clusterDown(
    name: string,
    options: { delete?: boolean } = {},
    onProgress: (progress: Progress) => void = () => undefined,
): Promise<boolean> {
    checkName(name);
    const work = async (): Promise<boolean> => {
        const ran = await stop(name);
        const deleted = options.delete === true && removeOwnFolder(["clusters"], name);
        if (options.delete) await removeLeftovers((text) => onProgress({ kind: "note", text }));
        else finishRemovals(["clusters"]);
        return ran || deleted;
    };
    return alone(name, work, onProgress);
}

async function start(
    name: string,
    version: string,
    options: UpOptions,
    onProgress: (progress: Progress) => void,
): Promise<EmbeddedCluster> {
    makeOwnFolder(["clusters"], name);
    // Its pods and its database run as other users, who must get to what is theirs in it, and see no names of the rest.
    fs.chmodSync(clusterDir(name), 0o711);
    if (options.database) orderDatabase(name);
    const before = readState(name);
    if (before !== undefined && livePid(before.process) !== undefined) {
        if (before.phase === "starting" || before.phase === "ready") {
            checkPorts(name, before.ports, options.ports ?? {});
            if (before.version !== version) onProgress({ kind: "note", text: otherVersion(name) });
            if (before.phase === "starting") await follow(name, before.process, onProgress);
            await bringImages(name, running(name).pid, onProgress);
            if (options.database) await followDatabase(name, before.process, version, onProgress);
            await followPods(name, onProgress);
            return running(name);
        }
        onProgress({ kind: "note", text: `The cluster is ${before.phase}: it is stopped and started again.` });
    }
    await stop(name);
    if (isDatabaseOrdered(name)) orderDatabase(name);
    const rest = {
        name,
        version,
        dir: clusterDir(name),
        programs: {
            kubernetes: toolPath("kubernetes"),
            etcd: toolPath("etcd"),
            containerd: toolPath("containerd"),
            ctr: toolPath("ctr"),
            runc: toolPath("runc"),
        },
        images: builtImages(),
        essential: { pause: builtImage("pause"), coredns: builtImage("coredns") },
    };
    // Last of all: a listener that is open keeps this process from ending when what comes before it fails.
    const listeners = await openListeners(options.ports ?? {}, before?.ports ?? defaultPorts);
    const order = await launch(listeners, rest);
    await follow(name, order.process, onProgress);
    await followPods(name, onProgress);
    return running(name);
}

function running(name: string): EmbeddedCluster {
    const cluster = readCluster(name);
    if (cluster !== undefined) return cluster;
    throw new UserError({ what: `The cluster ${name} does not run.`, fix: command(name, "up") });
}

/** A cluster that runs keeps its ports. */
function checkPorts(name: string, ports: HostPorts, asked: ChosenPorts): void {
    for (const [role, port] of Object.entries(asked) as [keyof HostPorts, number | undefined][]) {
        if (port === undefined || port === ports[role]) continue;
        throw new Error(
            `The cluster ${name} runs with port ${ports[role]} for ${role}, not ${port}.\n` +
                `  fix: ${command(name, "down")}, then up with --${role}-port ${port}`,
        );
    }
}

function otherVersion(name: string): string {
    return `It was started by another version of upshift. To change over: ${command(name, "down")} && ${command(name, "up")}`;
}

/** Runs `work` while nobody else starts or stops the cluster. */
function alone<T>(name: string, work: () => Promise<T>, onProgress: (progress: Progress) => void): Promise<T> {
    const say = (text: string): void => onProgress({ kind: "note", text });
    return withLock(stateDir("clusters", `${name}.lock`), "which starts or stops this cluster", work, say);
}
