import { setTimeout as sleep } from "node:timers/promises";
import { livePid, type ProcessIdentity } from "./identity";
import { clusterDir, command } from "./layout";
import { logEnd } from "./logs";
import { readState, type ClusterState, type Step } from "./state";

/** What is being done to a cluster, as it happens. */
export type Progress =
    | { kind: "begun"; title: string }
    | { kind: "done"; title: string; seconds: number }
    | { kind: "note"; text: string };

/** After so many milliseconds something must be wrong that nobody has noticed. */
const timeoutMs = 300_000;

/**
 * Waits until a cluster that is starting is ready, and tells its steps.
 *
 * @throws when it fails, ends, or takes longer than five minutes
 */
export async function follow(
    name: string,
    identity: ProcessIdentity,
    onProgress: (progress: Progress) => void,
): Promise<void> {
    const told = new Set<string>();
    const tellOnce = (progress: Progress & { title: string }): void => {
        const key = `${progress.kind} ${progress.title}`;
        if (!told.has(key)) onProgress(progress);
        told.add(key);
    };
    const deadline = Date.now() + timeoutMs;
    for (;;) {
        const alive = livePid(identity) !== undefined;
        const state = readState(name);
        if (state?.process === identity) {
            state.steps.flatMap(events).forEach(tellOnce);
            if (state.phase === "ready") return;
            if (state.phase === "failed") throw new Error(`The cluster ${name} does not come up. ${state.error}`);
        }
        if (!alive) throw new Error(`The cluster ${name} has ended while it was starting.${lastWords(name)}`);
        if (Date.now() > deadline) throw new Error(tooLong(name, state));
        await sleep(100);
    }
}

/**
 * Waits until the database of a cluster that is ready has started.
 *
 * @param version of the supervisor's program that there is now: an earlier one may not know of databases
 * @throws when it does not come up, or the cluster ends
 */
export async function followDatabase(
    name: string,
    identity: ProcessIdentity,
    version: string,
    onProgress: (progress: Progress) => void,
): Promise<void> {
    const title = "database";
    const deadline = Date.now() + timeoutMs;
    let begun = false;
    for (;;) {
        const state = readState(name);
        const step = state?.steps.find((candidate) => candidate.title === title);
        if (step?.ended !== undefined) {
            if (begun) events(step).forEach(onProgress);
            return;
        }
        begun = true;
        if (step === undefined && state?.version !== version) throw new Error(tooOld(name));
        if (state?.phase === "failed") throw new Error(`The database does not come up. ${state.error}`);
        if (livePid(identity) === undefined)
            throw new Error(`The cluster ${name} has ended while its database was starting.${lastWords(name)}`);
        if (Date.now() > deadline) throw new Error(tooLong(name, state));
        await sleep(100);
    }
}

function tooOld(name: string): string {
    return `The cluster ${name} was started by another version of upshift, which starts no database.\n  fix: ${command(name, "down")} && ${command(name, "up")}`;
}

function events(step: Step): (Progress & { title: string })[] {
    const { title, began, ended } = step;
    if (ended === undefined) return [{ kind: "begun", title }];
    return [
        { kind: "begun", title },
        { kind: "done", title, seconds: (ended - began) / 1000 },
    ];
}

function lastWords(name: string): string {
    const file = clusterDir(name, "logs", "supervisor.log");
    return `\nThe end of ${file}:\n${logEnd(file)}`;
}

function tooLong(name: string, state: ClusterState | undefined): string {
    const open = state?.steps.filter((step) => step.ended === undefined).map((step) => step.title) ?? [];
    return (
        `The cluster ${name} is not ready after ${timeoutMs / 1000} s; still to come: ${open.join(", ") || "its first sign"}.\n` +
        `  fix: look into ${clusterDir(name, "logs")}`
    );
}
