import { z } from "zod";
import type { SeenResource } from "../../components/traffic/applied";
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
 * The VirtualServices of a stack as they were last applied.
 *
 * @throws when the state can't be read: no such stack, no backend, an export of another form.
 */
export async function appliedRoutes(stack: string): Promise<SeenResource[]> {
    return routesIn(JSON.parse(await pulumi(["stack", "export", "--stack", stack])));
}

/** The VirtualServices of an exported state. @throws when it is none */
export function routesIn(state: unknown): SeenResource[] {
    return exported
        .parse(state)
        .deployment.resources.filter(
            (resource) =>
                !resource.delete && /^kubernetes:networking\.istio\.io\/.*:VirtualService$/.test(resource.type),
        )
        .map(({ inputs, outputs }) => {
            // Outputs are what the cluster answered to the last write, or to a refresh after it.
            const { metadata, spec } = (outputs ?? inputs ?? {}) as {
                metadata?: { namespace?: string };
                spec?: unknown;
            };
            return { kind: "VirtualService", namespace: metadata?.namespace ?? "default", spec };
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
