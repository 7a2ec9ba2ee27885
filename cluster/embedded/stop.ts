import { setTimeout as sleep } from "node:timers/promises";
import { pidsOf, removeCgroup } from "./cgroups";
import { childNamespace, hostPids, identityOf, livePid, type ProcessIdentity, readIfThere } from "./identity";
import { cgroupOf } from "./layout";
import { readState } from "./state";

/** Milliseconds that a cluster may take to stop in good order, before the kernel ends it at once. */
const timeoutMs = 45_000;

/**
 * Stops a cluster if it runs, and removes what a killed one has left.
 *
 * @returns whether it ran
 */
export async function stop(name: string): Promise<boolean> {
    const identity = readState(name)?.process ?? strayProcess(cgroupOf(name));
    const pid = livePid(identity);
    if (pid !== undefined) {
        ask(pid);
        if (!(await ended(identity, timeoutMs))) {
            // `unshare --kill-child` takes process 1 of the namespace with it, and that takes all others.
            process.kill(pid, "SIGKILL");
            await ended(identity, timeoutMs);
        }
    }
    await removeCgroup(cgroupOf(name));
    return pid !== undefined;
}

/** The `unshare` process of a cluster whose own file can't be read any more: it stands in the cluster's cgroup. */
function strayProcess(cgroup: string): ProcessIdentity | undefined {
    const pid = pidsOf(cgroup).find((candidate) => readIfThere(`/proc/${candidate}/comm`)?.trim() === "unshare");
    return pid === undefined ? undefined : identityOf(pid);
}

/** Asks process 1 of the namespace, which passes it on to the supervisor. */
function ask(pid: number): void {
    const namespace = childNamespace(pid);
    const first = namespace === undefined ? undefined : hostPids(namespace).get(1);
    if (first !== undefined) process.kill(first, "SIGTERM");
}

async function ended(identity: ProcessIdentity | undefined, within: number): Promise<boolean> {
    const deadline = Date.now() + within;
    while (livePid(identity) !== undefined) {
        if (Date.now() > deadline) return false;
        await sleep(50);
    }
    return true;
}
