import * as pulumi from "@pulumi/pulumi";
import { isUnknown } from "@pulumi/pulumi/output";
import type { Problem } from "../components/traffic/split/problem";

/** What the schema says of a value. */
export interface Shape {
    readonly type?: string;
    /** Whether it is a plain value, which a component reads before anything is known that the update makes. */
    readonly plain?: boolean;
    readonly items?: Shape;
    readonly additionalProperties?: Shape;
    readonly $ref?: string;
}

/** The types that a schema refers to, by their names in it. */
export type Types = Readonly<
    Record<string, { readonly type: string; readonly properties?: Readonly<Record<string, Shape>> }>
>;

/**
 * The arguments of a component as its code takes them. A program in another language may give another resource's property where the
 * schema says plain, such as `versions: ${web.versions}` in YAML, and it comes as an output, or with outputs in it.
 *
 * @returns them, with plain values wherever the schema wants these; and every problem of those that can't be plain.
 */
export async function plainArgs(
    inputs: pulumi.Inputs,
    shapes: Readonly<Record<string, Shape>>,
    types: Types,
): Promise<{ args: pulumi.Inputs; problems: Problem[] }> {
    const problems: Problem[] = [];
    const settled = async (value: unknown, shape: Shape, at: string): Promise<unknown> => {
        if (pulumi.Output.isInstance(value)) {
            if (!shape.plain) return value;
            const { isSecret, promise } = insides(value);
            if (await isSecret) {
                problems.push(secret(at));
                return undefined;
            }
            return settled(await promise(), shape, at);
        }
        if (isUnknown(value)) {
            if (!shape.plain) return pulumi.output(value);
            problems.push(unknown(at));
            return undefined;
        }
        if (Array.isArray(value))
            return Promise.all(value.map((one, index) => settled(one, shape.items ?? {}, `${at}[${index}]`)));
        if (!isObject(value)) return value;
        const fields = shape.$ref === undefined ? undefined : types[shape.$ref.replace("#/types/", "")]?.properties;
        const entries = Object.entries(value).map(async ([field, one]) => {
            const inner = fields ? fields[field] : shape.additionalProperties;
            return [field, await settled(one, inner ?? {}, `${at}.${field}`)] as const;
        });
        return Object.fromEntries(await Promise.all(entries));
    };
    const entries = Object.entries(inputs).map(
        async ([name, value]) => [name, await settled(value, shapes[name] ?? {}, name)] as const,
    );
    const args: pulumi.Inputs = Object.fromEntries(await Promise.all(entries));
    return { args, problems: problems.sort((one, other) => one.at.localeCompare(other.at)) };
}

/** What an output says of itself, which its public type leaves out. */
function insides(output: unknown): { isSecret: Promise<boolean>; promise: () => Promise<unknown> } {
    const inner = output as { isSecret: Promise<boolean>; promise(withUnknowns: boolean): Promise<unknown> };
    return { isSecret: inner.isSecret, promise: () => inner.promise(true) };
}

/** An object of values, and no resource, asset or archive. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

const unknown = (at: string): Problem => ({
    at,
    message: "is not known before the update has made something else, and a preview must know it",
    fix: "write it out in the program, or take it from the stack's config",
});

const secret = (at: string): Problem => ({
    at,
    message: "is a secret, and a plan would show it to everybody",
    fix: `give it as plain text; of the stack's config: pulumi config set --plaintext --path ${at}`,
});
