import * as fs from "node:fs";
import type { ProcessIdentity } from "./identity";
import { readJson, writeWhole } from "../wholeFile.mjs";
import { clusterDir, type HostPorts } from "./layout";

/** What the supervisor is doing. A cluster that was killed says `starting` or `ready` still: ask `readCluster` whether it lives. */
export type Phase = "starting" | "ready" | "failed" | "stopping" | "stopped";

/** One of the things `up` waits for. */
export interface Step {
    title: string;
    /** Milliseconds since the epoch. */
    began: number;
    ended?: number;
}

/** One of the cluster's processes. */
export interface PartStatus {
    name: string;
    state: "waiting" | "starting" | "running" | "restarting" | "failed" | "stopped";
    /** Its number inside the cluster's process namespace. */
    pid?: number | undefined;
    /** When the process that runs now began, in milliseconds since the epoch. */
    since?: number;
    restarts: number;
    /** How it last ended, such as "exit code 1" or "signal SIGKILL". */
    lastExit?: string | undefined;
}

/** Contents of cluster.json: written by the supervisor alone while it lives. */
export interface ClusterState {
    name: string;
    /** Digest of the supervisor's program. */
    version: string;
    /** The `unshare` process, which lives as long as the cluster does and is in its network and mount namespaces. */
    process: ProcessIdentity;
    ports: HostPorts;
    phase: Phase;
    /** Why the phase is `failed`. */
    error?: string;
    steps: Step[];
    parts: PartStatus[];
    /** The pods that were ready before this start, as `namespace/name`. A cluster that an earlier version started has none. */
    pods?: string[];
    /** Versions of Kubernetes, etcd and containerd, once they have said so. */
    versions: Record<string, string>;
}

/** @returns undefined when the cluster was never started here, or a crash of the machine left the file empty or torn. */
export function readState(name: string): ClusterState | undefined {
    return readJson<ClusterState>(clusterDir(name, "cluster.json"));
}

/** Bytes that the file takes at least, so that a longer text has room in it when the disk has none. */
const reserved = 16 * 1024;

/**
 * Writes the file whole.
 *
 * On a full disk it is written over the old one instead, which needs no new room: that the cluster fails, and why, must be
 * seen just then.
 *
 * @param file where, as the caller sees it
 */
export function writeState(file: string, state: ClusterState): void {
    const text = JSON.stringify(state, undefined, 4).padEnd(reserved) + "\n";
    try {
        writeWhole(file, text, { readableBy: "all" });
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        overwrite(file, text);
    }
}

function overwrite(file: string, text: string): void {
    const fd = fs.openSync(file, "r+");
    try {
        fs.ftruncateSync(fd, fs.writeSync(fd, text, 0));
    } finally {
        fs.closeSync(fd);
    }
}
