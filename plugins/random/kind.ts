import type { Properties, Value } from "../kubernetes/values";

/** An input of a resource, and its rules. */
export interface Field {
    readonly type: "integer" | "boolean" | "string" | "map";
    readonly required?: true;
    /** What counts when the program leaves it out. */
    readonly default?: Value;
    /** The least value of an integer. */
    readonly min?: number;
}

/** What a resource is once it has been made. */
export interface Made {
    readonly id: string;
    /** The outputs that the program does not give. */
    readonly outputs: Properties;
}

/** A type of random resource. None can change: other inputs make another resource. */
export interface Kind {
    /** As the schema describes it, in one sentence. */
    readonly description: string;
    readonly fields: Readonly<Record<string, Field>>;
    /** Outputs that are known only once it is made, besides `id`. */
    readonly computed: Readonly<Record<string, "integer" | "string">>;
    /** Those among the computed ones that are secret. */
    readonly secret?: readonly string[];
    /** Version of the state's layout in the official provider, which upgrades older ones. */
    readonly stateVersion?: number;
    /** Fills in what the program left out, where that is more than a field's default. */
    readonly complete?: (inputs: Properties) => Properties;
    /** What is wrong with inputs that are each well-formed, as pairs of the input and the reason. */
    readonly problems?: (inputs: Properties) => readonly (readonly [string, string])[];
    /** Makes one, from completed inputs. */
    readonly make: (inputs: Properties) => Made | Promise<Made>;
    /** Takes over an existing value, for import; returns the inputs too. Throws when the id has not the right form. */
    readonly adopt?: (id: string) => (Made & { readonly inputs: Properties }) | Promise<Made & { inputs: Properties }>;
}

/** Values that, when they change, make a new resource; every type has them. */
export const keepers: Field = { type: "map" };

/** Inputs with the values filled in that the program left to the provider. */
export function completed(kind: Kind, inputs: Properties): Properties {
    const defaults = Object.entries(kind.fields).flatMap(([name, field]) =>
        field.default === undefined || isSet(inputs[name]) ? [] : [[name, field.default]],
    );
    const given = Object.entries(inputs).filter(([name, value]) => name in kind.fields && isSet(value));
    const all = Object.fromEntries([...defaults, ...given]) as Properties;
    return kind.complete?.(all) ?? all;
}

/** Whether an input was given: `null` is as good as nothing. */
export function isSet(value: Value | undefined): value is Value {
    return value !== undefined && value !== null;
}
