import { z } from "zod";
import { checkpointOf } from "../components/split/checkpoint";
import { projectName } from "./plan/projectName";
import { pulumi, surroundings } from "./pulumi";
import { troubleOf } from "./trouble";

const resource = z.object({
    urn: z.string(),
    type: z.string(),
    delete: z.boolean().optional(),
    parent: z.string().optional(),
    provider: z.string().optional(),
    inputs: z.looseObject({}).optional(),
    outputs: z.looseObject({}).optional(),
});

const exported = z.object({ deployment: z.object({ resources: z.array(resource).default([]) }) });

/** A resource as `pulumi stack export` has it, as far as it is read. */
export type ExportedResource = z.infer<typeof resource>;

/**
 * A stack's state as it was last applied, from wherever its user keeps it: Pulumi itself reads it where that is no folder.
 *
 * @param folder of the project, where it is another than this one.
 * @param more options of `pulumi stack export`.
 * @throws when it can't be read, with the way out: no such stack, no login, no passphrase.
 */
export async function exportedState(stack: string, folder?: string, ...more: string[]): Promise<unknown> {
    const { env } = await surroundings(folder);
    const at = { backend: env.PULUMI_BACKEND_URL, project: projectName(folder), stack };
    const read = more.length === 0 ? await checkpointOf(at) : undefined;
    if (read !== undefined) return read;
    try {
        return JSON.parse(await pulumi(["stack", "export", "--stack", stack, ...more], folder));
    } catch (error) {
        throw await troubleOf(error as Error, stack, folder);
    }
}

/** The resources of an exported state. @throws when it is none */
export function resourcesIn(state: unknown): ExportedResource[] {
    return exported.parse(state).deployment.resources;
}
