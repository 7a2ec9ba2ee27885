import type { Field } from "./kind";
import { kinds } from "./kinds";

/** The package's schema, from which `pulumi import` and others write code. */
export function schema(version: string): object {
    const resources = Object.entries(kinds).map(([token, kind]) => {
        const inputs = Object.fromEntries(
            Object.entries(kind.fields).map(([name, field]) => [name, { ...typeOf(field), replaceOnChanges: true }]),
        );
        const computed = Object.entries(kind.computed).map(
            ([name, type]) => [name, { type, secret: kind.secret?.includes(name) }] as const,
        );
        const always = Object.keys(kind.fields).filter(
            (name) => kind.fields[name]?.required || kind.fields[name]?.default !== undefined,
        );
        return [
            token,
            {
                description: kind.description,
                properties: { ...inputs, ...Object.fromEntries(computed) },
                required: [...always, ...Object.keys(kind.computed)],
                inputProperties: inputs,
                requiredInputs: Object.keys(kind.fields).filter((name) => kind.fields[name]?.required),
            },
        ] as const;
    });
    return { name: "random", version, resources: Object.fromEntries(resources) };
}

function typeOf({ type }: Field): object {
    return type === "map" ? { type: "object", additionalProperties: { type: "string" } } : { type };
}
