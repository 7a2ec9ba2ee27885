import { hash } from "bcryptjs";
import type { Properties } from "../kubernetes/values";
import { type CharacterClass, characters, randomString, type Share } from "./generate";
import { type Field, keepers, type Kind } from "./kind";

/** The inputs that RandomString and RandomPassword share, completed. */
interface StringInputs {
    readonly length: number;
    readonly lower: boolean;
    readonly upper: boolean;
    readonly numeric: boolean;
    readonly special: boolean;
    readonly minLower: number;
    readonly minUpper: number;
    readonly minNumeric: number;
    readonly minSpecial: number;
    readonly overrideSpecial?: string;
}

/** How dear a guess is made: 2 to this power rounds, as in the official provider. bcrypt looks at the first 72 bytes only. */
const bcryptCost = 10;

const switched: Field = { type: "boolean", default: true };
const minimum: Field = { type: "integer", default: 0, min: 0 };
const fields: Readonly<Record<string, Field>> = {
    keepers,
    length: { type: "integer", required: true, min: 1 },
    lower: switched,
    upper: switched,
    number: { type: "boolean" },
    numeric: { type: "boolean" },
    special: switched,
    minLower: minimum,
    minUpper: minimum,
    minNumeric: minimum,
    minSpecial: minimum,
    overrideSpecial: { type: "string" },
};

/** A random string whose id is the string itself, so it is no secret. */
export const randomStringKind: Kind = {
    description: "A random string of letters, digits and special characters; not secret.",
    fields,
    computed: { result: "string" },
    stateVersion: 2,
    complete,
    problems,
    make: (inputs) => {
        const result = generate(inputs);
        return { id: result, outputs: { result } };
    },
    adopt: (id) => ({ id, inputs: adopted(id), outputs: { result: id } }),
};

/** A random string that Pulumi encrypts, with its bcrypt hash. */
export const randomPasswordKind: Kind = {
    description: "A random string of letters, digits and special characters that is secret, and its bcrypt hash.",
    fields,
    computed: { result: "string", bcryptHash: "string" },
    secret: ["result", "bcryptHash"],
    stateVersion: 3,
    complete,
    problems,
    make: async (inputs) => password(generate(inputs)),
    adopt: async (id) => ({ ...(await password(id)), inputs: adopted(id) }),
};

async function password(result: string): Promise<{ id: string; outputs: Properties }> {
    const bcryptHash = await hash(result, bcryptCost);
    return { id: "none", outputs: { result, bcryptHash } };
}

function generate(inputs: Properties): string {
    const { length, ...rest } = inputs as unknown as StringInputs;
    return randomString(length, shares(rest));
}

function shares(inputs: Omit<StringInputs, "length">): Share[] {
    const share = (name: CharacterClass, atLeast: number): Share => ({
        from: name === "special" ? inputs.overrideSpecial || characters.special : characters[name],
        atLeast,
        allowed: inputs[name],
    });
    return [
        share("numeric", inputs.minNumeric),
        share("lower", inputs.minLower),
        share("upper", inputs.minUpper),
        share("special", inputs.minSpecial),
    ];
}

/** `number` is the old name of `numeric`: whichever is given, both say the same. */
function complete(inputs: Properties): Properties {
    const numeric = inputs.numeric ?? inputs.number ?? true;
    return { ...inputs, numeric, number: inputs.number ?? numeric };
}

function problems(inputs: Properties): [string, string][] {
    const { length, lower, upper, special, ...rest } = inputs as unknown as StringInputs;
    const { numeric, minLower, minUpper, minNumeric, minSpecial } = rest;
    const least = minLower + minUpper + minNumeric + minSpecial;
    const findings: [string, string][] = [];
    if (inputs.number !== numeric)
        findings.push(["number", "is the old name of `numeric` and must not differ from it; leave it out"]);
    if (length < least) {
        findings.push(["length", `${length} is less than minLower + minUpper + minNumeric + minSpecial = ${least}`]);
    }
    if (length > least && !lower && !upper && !numeric && !special) {
        findings.push(["length", "no class of characters is left: set one of lower, upper, numeric, special to true"]);
    }
    return findings;
}

/** The inputs of a string that came from elsewhere: nothing but its length is known. */
function adopted(value: string): Properties {
    const defaults = Object.entries(fields).flatMap(([name, field]) =>
        field.default === undefined ? [] : [[name, field.default]],
    );
    return { ...(Object.fromEntries(defaults) as Properties), length: value.length, number: true, numeric: true };
}
