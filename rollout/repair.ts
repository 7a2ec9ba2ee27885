import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { z } from "zod";
import { stateDir } from "../cluster/paths";
import { pulumi } from "./pulumi";

const lockFile = z.object({ pid: z.number(), hostname: z.string(), timestamp: z.string() });
const named = z.object({ name: z.string(), namespace: z.string().optional() });
const resource = z.looseObject({ urn: z.string(), type: z.string(), inputs: z.looseObject({}).optional() });
const pendingOperation = z.object({ type: z.string(), resource });
const exported = z.looseObject({
    deployment: z.looseObject({
        resources: z.array(resource),
        pending_operations: z.array(pendingOperation).optional(),
    }),
});

/**
 * Mends what a killed update left: a lock that nobody holds, and resources of which nobody knows whether they were made.
 * Those are taken into the state where the cluster has them, so that the next update goes on instead of making them twice.
 *
 * @returns what was mended, in words; empty when there was nothing.
 * @throws when another update is under way; the message names its process.
 */
export async function repair(stack: string): Promise<string[]> {
    return [...(await breakStaleLock(stack)), ...(await adoptPending(stack))];
}

async function breakStaleLock(stack: string): Promise<string[]> {
    const folder = stateDir("pulumi", ".pulumi", "locks", "organization", "upshift", stack);
    const locks = fs.existsSync(folder) ? fs.readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
    for (const file of locks) {
        const { pid, hostname, timestamp } = lockFile.parse(
            JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")),
        );
        if (hostname !== os.hostname() || isAlive(pid)) {
            const where = hostname === os.hostname() ? "" : ` on ${hostname}`;
            throw new Error(
                `Stack ${stack} is being updated by process ${pid}${where} since ${timestamp}.\n  mend: wait for it, or end it and run: pulumi cancel --stack ${stack}`,
            );
        }
    }
    if (locks.length === 0) return [];
    await pulumi(["cancel", "--yes", "--stack", stack]);
    return ["the lock of an update that was killed"];
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
    await importState(stack, state);
    // Reads what was adopted; what the cluster does not have leaves the state again.
    await pulumi(["refresh", "--yes", "--skip-preview", "--stack", stack]);
    return [`${pending.length} resources of an update that was killed`];
}

/** `pulumi refresh --import-pending-creates` only marks them, and forgets them then (CLI 3.250): so they go into the state by hand. */
async function importState(stack: string, state: z.infer<typeof exported>): Promise<void> {
    const file = stateDir(`repair-${stack}.json`);
    fs.writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    try {
        await pulumi(["stack", "import", "--stack", stack, "--file", file]);
    } finally {
        fs.rmSync(file);
    }
}

/** The resource as if its creation had ended: with the id that the kubernetes provider gives, namespace and name. */
function asMade(pending: z.infer<typeof resource>): z.infer<typeof resource>[] {
    if (!pending.type.startsWith("kubernetes:")) return [];
    const { data } = named.safeParse(
        pending.type === "kubernetes:helm.sh/v3:Release" ? pending.inputs : pending.inputs?.metadata,
    );
    return data ? [{ ...pending, id: data.namespace ? `${data.namespace}/${data.name}` : data.name }] : [];
}

function isAlive(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
