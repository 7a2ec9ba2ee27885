import * as fs from "node:fs";
import * as path from "node:path";
import { makeOwnFolder, removeOwnFolder } from "./ownFolder";
import { stateDir } from "./paths";

/** What this checkout knows of a cluster that it made with another's program. */
export interface ClusterRecord {
    /** Where the gateway answers on this machine, as `host:port`. */
    readonly gatewayAddress: string;
    /** The same without TLS. */
    readonly httpAddress: string;
    /** Digests of the images that were brought in, by name; another cluster of the same name has another `made`. */
    readonly images: Readonly<Record<string, string>>;
    /** When the cluster was made, in the words of the program that made it. */
    readonly made: string;
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

/** @returns undefined when this checkout has not brought the cluster up. */
export function readRecord(target: RecordedTarget, cluster: string): ClusterRecord | undefined {
    try {
        return JSON.parse(fs.readFileSync(recordDir(target, cluster, "record.json"), "utf8")) as ClusterRecord;
    } catch (error) {
        if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
    }
}

/** Makes the folder of a cluster, marked as ours, for its kubeconfig and its record. */
export function makeRecordDir(target: RecordedTarget, cluster: string): void {
    makeOwnFolder(["targets", target], cluster);
}

/** Writes the record so that a reader sees the old or the new one, never a part. */
export function writeRecord(target: RecordedTarget, cluster: string, record: ClusterRecord): void {
    writePrivately(recordDir(target, cluster, "record.json"), `${JSON.stringify(record, undefined, 4)}\n`);
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

/** Writes a file that only this user can read. */
export function writePrivately(file: string, text: string): void {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, text, { mode: 0o600 });
    fs.renameSync(draft, file);
}
