import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { z } from "zod";
import { stateDir } from "../cluster/paths";
import { pulumi } from "./pulumi";

const lockFile = z.object({ pid: z.number(), hostname: z.string(), timestamp: z.string() });
const named = z.object({ name: z.string(), namespace: z.string().optional() });
const pendingOperation = z.object({
    type: z.string(),
    resource: z.object({ urn: z.string(), type: z.string(), inputs: z.looseObject({}).optional() }),
});
const exported = z.object({ deployment: z.object({ pending_operations: z.array(pendingOperation).optional() }) });

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
    const locks = fs.existsSync(folder) ? fs.readdirSync(folder).map((file) => path.join(folder, file)) : [];
    for (const file of locks) {
        const { pid, hostname, timestamp } = lockFile.parse(JSON.parse(fs.readFileSync(file, "utf8")));
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
    const { deployment } = exported.parse(JSON.parse(await pulumi(["stack", "export", "--stack", stack])));
    const pending = deployment.pending_operations ?? [];
    if (pending.length === 0) return [];
    const adopted = pending.flatMap(({ type, resource }) => {
        const id = type === "creating" ? idOf(resource) : undefined;
        return id === undefined ? [] : ["--import-pending-creates", resource.urn, "--import-pending-creates", id];
    });
    // What the cluster does not have, a refresh takes out of the state again.
    await pulumi(["refresh", "--yes", "--skip-preview", "--stack", stack, ...adopted, "--clear-pending-creates"]);
    return [`${pending.length} resources of an update that was killed`];
}

/** The id that the kubernetes provider gives: namespace and name, which our resources have in their inputs. */
function idOf({ type, inputs }: z.infer<typeof pendingOperation>["resource"]): string | undefined {
    if (!type.startsWith("kubernetes:")) return undefined;
    const { data } = named.safeParse(type === "kubernetes:helm.sh/v3:Release" ? inputs : inputs?.metadata);
    return data && (data.namespace ? `${data.namespace}/${data.name}` : data.name);
}

function isAlive(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
