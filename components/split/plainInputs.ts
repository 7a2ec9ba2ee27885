import * as pulumi from "@pulumi/pulumi";
import { isUnknown } from "../traffic/world/engineValues";
import { placed, type Placed, worldKind } from "../traffic/world/objects";
import { type Body, holds, unknown, type Value } from "../traffic/world/values";
import { isWorkload } from "../traffic/world/workloads";

/** An object of a hook's inputs, or of the state; undefined for what decides nothing. */
export async function objectOf(type: string, inputs: unknown, urn?: string): Promise<Placed | undefined> {
    const kind = worldKind(type);
    if (kind === undefined || inputs === undefined) return undefined;
    return readable(placed(kind, (await plain(inputs)) as Body, { urn }));
}

/**
 * An object as a component is about to register it, once all that it is made of is known.
 *
 * @returns undefined where something of it is not known yet, as at the preview of a first deployment.
 */
export function proposalOf(kind: string, inputs: unknown): Promise<Placed | undefined> {
    const output: pulumi.Output<unknown> = pulumi.output(inputs);
    return new Promise((resolve) => {
        output.apply((value) => resolve(readable(placed(kind, value as Body))));
        isKnown(output).then(
            (known) => known || resolve(undefined),
            () => resolve(undefined),
        );
    });
}

/** An output says of itself whether it will ever be known in this run. */
function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
    return (output as unknown as { readonly isKnown: Promise<boolean> }).isKnown;
}

/** Pods of which something is not known yet can't be compared: they count as they were until it is. */
function readable(object: Placed): Placed | undefined {
    const { namespace, name } = (object.body.metadata ?? {}) as Body;
    if (namespace === unknown || name === unknown) return undefined;
    return isWorkload(object) && holds(object.body.spec, unknown) ? undefined : object;
}

/** Inputs as plain values: without secrets' wraps, which the world never shows, and with a sign for what is not known. */
export async function plain(value: unknown): Promise<Value> {
    if (isUnknown(value)) return unknown;
    if (pulumi.Output.isInstance(value)) {
        const output: pulumi.Output<unknown> = value;
        return (await isKnown(output))
            ? new Promise((resolve) => output.apply((known) => resolve(plain(known))))
            : unknown;
    }
    if (Array.isArray(value)) return Promise.all(value.map(plain));
    if (typeof value !== "object" || value === null) return value as Value;
    const entries = Object.entries(value).map(async ([field, one]) => [field, await plain(one)] as const);
    return Object.fromEntries(await Promise.all(entries));
}
