import * as fs from "node:fs";
import { readCluster } from "../../cluster/embedded/cluster";
import { childNamespace, hostPids } from "../../cluster/embedded/identity";
import { cgroupOf } from "../../cluster/embedded/layout";
import type { PartName } from "../../cluster/embedded/parts";
import { readState } from "../../cluster/embedded/state";
import { kubectl } from "../support/kubectl";

/** The process of a part of the cluster. @throws when it does not run */
export function partOf(cluster: string, name: PartName): number {
    const inside = readState(cluster)?.parts.find((part) => part.name === name)?.pid;
    const namespace = childNamespace(readCluster(cluster)?.pid ?? 0);
    const pid = inside !== undefined && namespace !== undefined ? hostPids(namespace).get(inside) : undefined;
    if (pid === undefined) throw new Error(`${name} of the cluster ${cluster} does not run.`);
    return only(cluster, pid);
}

/** The process that holds the cluster's namespaces: when it ends, the kernel ends all that is in them. @throws when it does not run */
export function supervisorOf(cluster: string): number {
    return only(cluster, readCluster(cluster)?.pid ?? 0);
}

/**
 * The processes of some pods, by the programs that they run.
 *
 * @param selector as kubectl takes it: `app=customers,version=v2`.
 * @param programs names as the kernel has them, such as `envoy`.
 * @throws when there are none
 */
export async function inPods(
    cluster: string,
    namespace: string,
    selector: string,
    programs: readonly string[],
): Promise<number[]> {
    const printed = await kubectl(cluster, [
        "get",
        "pods",
        "-n",
        namespace,
        "-l",
        selector,
        "-o",
        "jsonpath={.items[*].metadata.uid}",
    ]);
    const uids = printed.split(" ").filter(Boolean);
    const pids = everyone(cluster).filter((pid) => {
        const cgroups = readIfThere(`/proc/${pid}/cgroup`);
        return (
            uids.some((uid) => cgroups.includes(`pod${uid}`)) &&
            programs.includes(readIfThere(`/proc/${pid}/comm`).trim())
        );
    });
    if (pids.length === 0) throw new Error(`No pod ${selector} in ${namespace} runs ${programs.join(" or ")}.`);
    return pids;
}

/** Every process of the cluster: its parts, its supervisor, its pods. No other process is in its control group. */
export function everyone(cluster: string): number[] {
    const mark = `/${cgroupOf(cluster)}/`;
    return pids().filter((pid) => readIfThere(`/proc/${pid}/cgroup`).includes(mark));
}

/** A process and all that it has started, as long as they are its descendants. */
export function familyOf(pid: number): number[] {
    const parents = new Map(pids().map((one) => [one, parentOf(one)]));
    const family = [pid];
    for (const one of family) for (const [child, parent] of parents) if (parent === one) family.push(child);
    return family;
}

/** The first of a family whose command line fits. */
export function memberOf(family: readonly number[], commandLine: RegExp): number | undefined {
    return family.find((pid) => commandLine.test(readIfThere(`/proc/${pid}/cmdline`).replaceAll("\0", " ")));
}

/** Sends a signal; to those that have ended by themselves, it is nothing. */
export function signal(pids: readonly number[], name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    for (const pid of pids)
        try {
            process.kill(pid, name);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
        }
}

/** @throws when a process is not one of the cluster's: nobody else's is ever touched */
function only(cluster: string, pid: number): number {
    if (everyone(cluster).includes(pid)) return pid;
    throw new Error(`Process ${pid} is none of the cluster ${cluster}, and is left alone.`);
}

function pids(): number[] {
    return fs
        .readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(Number);
}

function parentOf(pid: number): number {
    return Number(/^PPid:\s*(\d+)$/m.exec(readIfThere(`/proc/${pid}/status`))?.[1]);
}

/** Empty where the process has just ended. */
function readIfThere(file: string): string {
    try {
        return fs.readFileSync(file, "utf8");
    } catch {
        return "";
    }
}
