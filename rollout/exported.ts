import { z } from "zod";
import { pulumi } from "./pulumi";

const resource = z.object({
    urn: z.string(),
    type: z.string(),
    delete: z.boolean().optional(),
    parent: z.string().optional(),
    inputs: z.looseObject({}).optional(),
    outputs: z.looseObject({}).optional(),
});

const exported = z.object({ deployment: z.object({ resources: z.array(resource).default([]) }) });

/** A resource as `pulumi stack export` has it, as far as it is read. */
export type ExportedResource = z.infer<typeof resource>;

/**
 * A stack's state as it was last applied.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when it can't be read: no such stack, no backend.
 */
export async function exportedState(stack: string, folder?: string): Promise<unknown> {
    return JSON.parse(await pulumi(["stack", "export", "--stack", stack], folder));
}

/** The resources of an exported state. @throws when it is none */
export function resourcesIn(state: unknown): ExportedResource[] {
    return exported.parse(state).deployment.resources;
}
