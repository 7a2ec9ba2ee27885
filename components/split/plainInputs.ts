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
    return plainSoon(value);
}

/** A promise only where something is waited for: one for each field of each resource is a fifth of a second in a stack of 200 services. */
function plainSoon(value: unknown): Value | Promise<Value> {
    if (isUnknown(value)) return unknown;
    if (pulumi.Output.isInstance(value)) return plainOutput(value);
    if (Array.isArray(value)) return allSoon(value.map(plainSoon));
    if (typeof value !== "object" || value === null) return value as Value;
    const fields = Object.keys(value);
    const all = allSoon(Object.values(value).map(plainSoon));
    const named = (values: readonly Value[]): Value =>
        Object.fromEntries(values.map((one, at) => [fields[at] ?? "", one]));
    return all instanceof Promise ? all.then(named) : named(all);
}

function allSoon(values: readonly (Value | Promise<Value>)[]): Value[] | Promise<Value[]> {
    return values.some((one) => one instanceof Promise)
        ? Promise.all(values.map((one) => Promise.resolve(one)))
        : (values as Value[]);
}

async function plainOutput(output: pulumi.Output<unknown>): Promise<Value> {
    if (!(await isKnown(output))) return unknown;
    return new Promise((resolve) => output.apply((known) => resolve(plainSoon(known))));
}
