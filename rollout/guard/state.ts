import { z } from "zod";
import type { SeenResource } from "../../components/traffic/judge/appliedIn";
import { seenTypes } from "../../components/split/seenTypes";
import { pulumi } from "../pulumi";

const exported = z.object({
    deployment: z.object({
        resources: z
            .array(
                z.object({
                    type: z.string(),
                    // A resource that waits for its replacement to be deleted serves no more.
                    delete: z.boolean().optional(),
                    inputs: z.looseObject({}).optional(),
                    outputs: z.looseObject({}).optional(),
                }),
            )
            .default([]),
    }),
});

/**
 * Who serves in a stack, as it was last applied: its VirtualServices, Services and Deployments.
 *
 * @throws when the state can't be read: no such stack, no backend, an export of another form.
 */
export async function appliedResources(stack: string): Promise<SeenResource[]> {
    return resourcesIn(JSON.parse(await pulumi(["stack", "export", "--stack", stack])));
}

/** The same of an exported state. @throws when it is none */
export function resourcesIn(state: unknown): SeenResource[] {
    return exported.parse(state).deployment.resources.flatMap(({ type, delete: isLeaving, inputs, outputs }) => {
        const [, kind] = seenTypes.exec(type) ?? [];
        if (isLeaving || kind === undefined) return [];
        // Outputs are what the cluster answered to the last write, or to a refresh after it.
        const { metadata, spec } = (outputs ?? inputs ?? {}) as {
            metadata?: { namespace?: string; name?: string };
            spec?: unknown;
        };
        return [{ kind, namespace: metadata?.namespace ?? "default", name: metadata?.name ?? "", spec }];
    });
}

const values = z.record(z.string(), z.object({ value: z.string().optional() }));

/** A stack's config as a program gets it: values by `namespace:key`, maps as JSON. Secrets are left out. */
export async function pendingConfig(stack: string): Promise<Record<string, string>> {
    const printed = values.parse(JSON.parse(await pulumi(["config", "--json", "--stack", stack])));
    return Object.fromEntries(
        Object.entries(printed).flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]])),
    );
}
