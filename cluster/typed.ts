import { z } from "zod";
import { durationPattern } from "../components/traffic/world/durations";

/**
 * A text, letter by letter as it was typed: `pulumi config set --path canaryHeader.exact true` puts the value `true` into the file,
 * and `1` a number.
 *
 * @param check what the text must be like. Default: anything.
 */
export function text(check: z.ZodString = z.string()): z.ZodType<string> {
    return z.preprocess(asTyped, check);
}

/** Numbers that Pulumi or YAML would have written in another way stay what they are: what was typed can't be told from them. */
function asTyped(value: unknown): unknown {
    return typeof value === "boolean" || Number.isSafeInteger(value) ? String(value) : value;
}

/**
 * A number, also one with a fraction: `pulumi config set --path release.review.gate.ceiling 0.02` puts a text into the file.
 *
 * @param check what the number must be like. Default: anything.
 */
export function number(check: z.ZodNumber = z.number()): z.ZodType<number> {
    return z.preprocess(
        (value) => (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value),
        check,
    );
}

/** A length of time as Istio and Go write it: `90s`, `2m`, `1h30m`. */
export function duration(): z.ZodType<string> {
    return text(z.string().regex(durationPattern, "is no duration such as 90s or 2m"));
}
