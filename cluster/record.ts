import { makeOwnFolder, removeOwnFolder } from "./ownFolder";
import { stateDir } from "./paths";
import { readJson, writeWhole } from "./wholeFile.mjs";

/** What this checkout knows of a cluster that it made with another's program. */
export interface ClusterRecord {
    /** Where the gateway answers on this machine, as `host:port`. */
    readonly gatewayAddress: string;
    /** The same without TLS. */
    readonly httpAddress: string;
    /** Digests of the images that were brought in, by name; another cluster of the same name has another `made`. */
    readonly images: Readonly<Record<string, string>>;
    /** The pods that were ready when it was stopped by us, as `namespace/name`. */
    readonly pods?: readonly string[] | undefined;
    /** When the cluster was made, in the words of the program that made it. */
    readonly made: string;
    /** The mark that it carries (cluster/ownership.ts); left out where there was one mark for all. */
    readonly mark?: string | undefined;
}

/** Targets whose clusters are made by a program of another's. */
export type RecordedTarget = "k3d" | "minikube";

/** The folder of a cluster: kubeconfig and record. */
export function recordDir(target: RecordedTarget, cluster: string, ...parts: string[]): string {
    return stateDir("targets", target, cluster, ...parts);
}

/** The cluster's own kubeconfig: the user's is not touched. */
export function kubeconfigOf(target: RecordedTarget, cluster: string): string {
    return recordDir(target, cluster, "kubeconfig");
}

/** @returns undefined when this checkout has not brought the cluster up, or the record can't be read: the next `up` makes it anew. */
export function readRecord(target: RecordedTarget, cluster: string): ClusterRecord | undefined {
    return readJson<ClusterRecord>(recordDir(target, cluster, "record.json"));
}

/** Makes the folder of a cluster, marked as ours, for its kubeconfig and its record. */
export function makeRecordDir(target: RecordedTarget, cluster: string): void {
    makeOwnFolder(["targets", target], cluster);
}

export function writeRecord(target: RecordedTarget, cluster: string, record: ClusterRecord): void {
    writeWhole(recordDir(target, cluster, "record.json"), `${JSON.stringify(record, undefined, 4)}\n`);
}

/**
 * Forgets a cluster, and its kubeconfig with it.
 *
 * @returns whether anything was known of it
 * @throws when its folder is not ours to remove
 */
export function forget(target: RecordedTarget, cluster: string): boolean {
    return removeOwnFolder(["targets", target], cluster);
}
