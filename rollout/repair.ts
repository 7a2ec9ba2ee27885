import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { z } from "zod";
import { stateDir } from "../cluster/paths";
import { hasOwnBackend } from "./env";
import { pulumi } from "./pulumi";
import { importState } from "./stack";
import { UserError } from "../components/userError";

const lockFile = z.object({ pid: z.number(), hostname: z.string(), timestamp: z.string() });
const named = z.object({ name: z.string(), namespace: z.string().optional() });
const resource = z.looseObject({ urn: z.string(), type: z.string(), inputs: z.looseObject({}).optional() });
const pendingOperation = z.object({ type: z.string(), resource });
const exported = z.looseObject({
    deployment: z.looseObject({
        // A stack that was never brought up has none.
        resources: z.array(resource).default([]),
        pending_operations: z.array(pendingOperation).optional(),
    }),
});

/** How long another update may take before nobody waits for it any more, in milliseconds, unless somebody says otherwise. */
export const usualLockWait = 600_000;

/**
 * Fixes what a killed update left: a lock that nobody holds, and resources of which nobody knows whether they were made.
 * Those are taken into the state where the cluster has them, so that the next update goes on instead of making them twice.
 * An update that is still under way is waited for: it may be the child of a command that was killed. Of a backend of the user's own
 * nothing is fixed: who holds it can't be seen from here.
 *
 * @param onWait called once with the number of the process that is waited for.
 * @param waitMs milliseconds for which it is waited for. Default ten minutes.
 * @returns what was fixed, in words; empty when there was nothing.
 * @throws when the other update runs on another machine, or does not end in that time.
 */
export async function repair(
    stack: string,
    onWait: (pid: number) => void = () => undefined,
    waitMs = usualLockWait,
): Promise<string[]> {
    if (hasOwnBackend(process.env)) return [];
    return [...(await breakStaleLock(stack, onWait, waitMs)), ...(await adoptPending(stack))];
}

/**
 * Breaks the lock of an update that was killed, and waits for one that is under way.
 *
 * @returns what was fixed, in words
 * @throws as `repair` does
 */
export async function breakStaleLock(
    stack: string,
    onWait: (pid: number) => void,
    waitMs = usualLockWait,
): Promise<string[]> {
    const deadline = Date.now() + waitMs;
    const torn = tornLocksOf(stack);
    const told = new Set<string>();
    // Once more after each: another may have begun meanwhile.
    for (let held = heldOf(stack); held; held = heldOf(stack)) {
        if (held.hostname !== os.hostname() || Date.now() > deadline) throw inUse(stack, held);
        if (!told.has(held.file)) onWait(held.pid);
        told.add(held.file);
        await after(200);
    }
    // By their own names, and not by `pulumi cancel`, which takes away every lock that there is by then: each update has one of its own.
    const dead = locksOf(stack).flatMap((lock) => (isHeld(lock) ? [] : [lock.file]));
    for (const file of [...torn, ...dead]) fs.rmSync(file, { force: true });
    if (torn.length === 0 && dead.length === 0) return [];
    return torn.length > 0
        ? ["a lock that a full disk has left empty, or a crash"]
        : ["the lock of an update that was killed"];
}

/** A lock of an update that is under way. */
function heldOf(stack: string): Lock | undefined {
    return locksOf(stack).find(isHeld);
}

type Lock = z.infer<typeof lockFile> & { file: string };

function locksOf(stack: string): Lock[] {
    return lockFiles(stack)
        .filter((file) => file.endsWith(".json"))
        .flatMap((file) => {
            const lock = readLock(file);
            return lock ? [{ file, ...lock }] : [];
        });
}

/**
 * Locks that name no process: Pulumi writes a draft first, and one that a full disk has cut short stays. Every later command then ends
 * with "unexpected end of JSON input". One that is just being written is none of them.
 */
function tornLocksOf(stack: string): string[] {
    const settled = Date.now() - draftMs;
    return lockFiles(stack).filter((file) => {
        const { mtimeMs } = fs.statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
        return mtimeMs < settled && readLock(file) === undefined && fs.existsSync(file);
    });
}

/** Milliseconds that the writing of a lock may take. */
const draftMs = 2000;

/** Locks, and drafts of them. */
function lockFiles(stack: string): string[] {
    const folder = stateDir("pulumi", ".pulumi", "locks", "organization", "upshift", stack);
    if (!fs.existsSync(folder)) return [];
    return fs
        .readdirSync(folder)
        .filter((name) => /\.json(\.[^.]+\.tmp)?$/.test(name))
        .map((name) => path.join(folder, name));
}

/** Nothing where the update has just ended, or where it says nothing. */
function readLock(file: string): z.infer<typeof lockFile> | undefined {
    try {
        return lockFile.parse(JSON.parse(fs.readFileSync(file, "utf8")));
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT" || isTorn(error)) return undefined;
        throw error;
    }
}

function isTorn(error: unknown): boolean {
    return error instanceof SyntaxError || error instanceof z.ZodError;
}

/** A lock of another machine counts as held: its processes can't be seen from here. */
function isHeld({ file, pid, hostname }: Lock): boolean {
    return fs.existsSync(file) && (hostname !== os.hostname() || isAlive(pid));
}

function inUse(stack: string, { pid, hostname, timestamp }: Lock): UserError {
    return new UserError({
        what: `Stack ${stack} is being updated by process ${pid} on ${hostname} since ${timestamp}.`,
        fix: `wait for it, or end it and run: pulumi cancel --stack ${stack}`,
    });
}

async function adoptPending(stack: string): Promise<string[]> {
    const state = exported.parse(JSON.parse(await pulumi(["stack", "export", "--stack", stack])));
    const pending = state.deployment.pending_operations ?? [];
    if (pending.length === 0) return [];
    const known = new Set(state.deployment.resources.map(({ urn }) => urn));
    const adopted = pending
        .filter(({ type }) => type === "creating")
        .flatMap(({ resource }) => asMade(resource))
        .filter(({ urn }) => !known.has(urn));
    state.deployment.resources.push(...adopted);
    delete state.deployment.pending_operations;
    // `pulumi refresh --import-pending-creates` only marks them, and forgets them then (CLI 3.250): so they go into the state by hand.
    await importState(stack, state);
    // Reads what was adopted; what the cluster does not have leaves the state again.
    await pulumi(["refresh", "--yes", "--skip-preview", "--stack", stack]);
    return [`${pending.length} resources of an update that was killed`];
}

/** The resource as if its creation had ended: with the id that the kubernetes provider gives, namespace and name. */
function asMade(pending: z.infer<typeof resource>): z.infer<typeof resource>[] {
    if (!pending.type.startsWith("kubernetes:")) return [];
    const { data } = named.safeParse(
        pending.type === "kubernetes:helm.sh/v3:Release" ? pending.inputs : pending.inputs?.metadata,
    );
    return data ? [{ ...pending, id: data.namespace ? `${data.namespace}/${data.name}` : data.name }] : [];
}

/** Whether a process of this machine runs, whoever's it is. */
export function isAlive(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
