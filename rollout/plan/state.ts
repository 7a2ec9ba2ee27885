import { z } from "zod";
import { pulumi } from "../pulumi";
import { Change, nameOf, resourceState } from "./events";

const exported = z.object({
    deployment: z.object({
        resources: z
            .array(
                z.object({
                    urn: z.string(),
                    type: z.string(),
                    delete: z.boolean().optional(),
                    parent: z.string().optional(),
                    inputs: z.record(z.string(), z.unknown()).default({}),
                }),
            )
            .default([]),
    }),
});

/**
 * The resources of a stack as last applied, in the form of changes that change nothing.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the state can't be read
 */
export async function changesInState(stack: string, folder?: string): Promise<Change[]> {
    return changesIn(JSON.parse(await pulumi(["stack", "export", "--stack", stack], folder)));
}

/** The same of an exported state, without what only waits for being deleted: it serves no more. @throws when it is none */
export function changesIn(exportedState: unknown): Change[] {
    const { resources } = exported.parse(exportedState).deployment;
    return resources
        .filter(({ delete: isLeaving }) => !isLeaving)
        .map(({ urn, type, parent, inputs }) => {
            const state = resourceState({ inputs, parent });
            return { urn, type, name: nameOf(urn), op: "same", old: state, new: state, replaceKeys: [] };
        });
}
