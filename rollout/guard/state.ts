import { z } from "zod";
import { objectsInState } from "../../components/traffic/world/state";
import type { Placed } from "../../components/traffic/world/objects";
import { pulumi } from "../pulumi";

const exported = z.object({
    deployment: z.object({
        resources: z
            .array(
                z.object({
                    urn: z.string(),
                    type: z.string(),
                    delete: z.boolean().optional(),
                    inputs: z.looseObject({}).optional(),
                    outputs: z.looseObject({}).optional(),
                }),
            )
            .default([]),
    }),
});

/**
 * What decides who is served in a stack, as it was last applied.
 *
 * @throws when the state can't be read: no such stack, no backend, an export of another form.
 */
export async function appliedObjects(stack: string): Promise<Placed[]> {
    return objectsInState(
        exported.parse(JSON.parse(await pulumi(["stack", "export", "--stack", stack]))).deployment.resources,
    );
}

const values = z.record(z.string(), z.object({ value: z.string().optional() }));

/** A stack's config as a program gets it: values by `namespace:key`, maps as JSON. Secrets are left out. */
export async function pendingConfig(stack: string): Promise<Record<string, string>> {
    const printed = values.parse(JSON.parse(await pulumi(["config", "--json", "--stack", stack])));
    return Object.fromEntries(
        Object.entries(printed).flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]])),
    );
}
