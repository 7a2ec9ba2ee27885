import { z } from "zod";
import { milliseconds } from "../../../components/traffic/world/durations";
import { duration, number, text } from "../../../cluster/typed";

const kinds = ["promql", "webhook", "job", "command"] as const;

/** What asks: a query, an address, a Job or a program. */
export type CheckKind = (typeof kinds)[number];

const address = text(z.string().regex(/^https?:\/\/[^/]/, "is no address that begins with http:// or https://"));

const promql = z
    .strictObject({
        /** PromQL that gives a number, or one for each series: all have to fit. `{{to}}` is the new version. */
        query: text(z.string().min(1)),
        max: number().optional(),
        min: number().optional(),
        /** Default: the Prometheus that the gate asks. */
        url: address.optional(),
    })
    .superRefine(({ query, max, min }, context) => {
        const issue = (path: string, message: string): void =>
            context.addIssue({ code: "custom", path: [path], message });
        if (max === undefined && min === undefined) issue("max", "a max or a min is needed to judge the query by");
        if (max !== undefined && min !== undefined && min > max) issue("min", `it is over max, ${max}`);
        for (const word of wordsIn(query))
            if (!placeholders.includes(word)) issue("query", `{{${word}}} is none of ${placeholders.join(", ")}`);
    });

const job = z
    .strictObject({
        /** A YAML file in the project's folder that has one Job. */
        file: text(z.string().min(1)).optional(),
        /** Or the Job itself. */
        manifest: z.record(z.string(), z.unknown()).optional(),
    })
    .superRefine(({ file, manifest }, context) => {
        if ((file === undefined) === (manifest === undefined))
            context.addIssue({ code: "custom", message: "it is a file or a manifest, one of the two" });
    });

/**
 * One of `release.<service>.checks`: what is asked at each look beside the gate. All must pass before a step is left; one that fails
 * gives the users back.
 */
export const check = z
    .strictObject({
        name: text(z.string().regex(/^[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?$/, "at most 30 of a to z, 0 to 9 and -")),
        /** The first step that it is asked at: `header`, `25`. Default: from the beginning. */
        from: text().optional(),
        /** Time from an answer to the next question. */
        every: duration().default("30s"),
        /** How long an answer may take. Default by kind: see `timeoutSeconds`. */
        timeout: duration().optional(),
        /** How many answers in a row have to be bad. Default 3 for promql, else 1. */
        failures: z.number().int().min(1).optional(),
        promql: promql.optional(),
        /** Gets a POST with the release and the step. */
        webhook: z.strictObject({ url: address }).optional(),
        /** A Kubernetes Job, made anew for each step in the service's namespace. */
        job: job.optional(),
        /** A program of this machine and its arguments, in the project's folder; no shell reads them. */
        command: z.array(text()).min(1).optional(),
    })
    .superRefine((given, context) => {
        const found = kinds.filter((kind) => given[kind] !== undefined);
        if (found.length === 1) return;
        const has = found.length === 0 ? "none" : found.join(" and ");
        context.addIssue({ code: "custom", message: `it has ${has} of ${kinds.join(", ")}, and one asks` });
    });

export type Check = z.infer<typeof check>;

export function kindOf(given: Check): CheckKind {
    const kind = kinds.find((one) => given[one] !== undefined);
    if (kind) return kind;
    throw new Error(`The check ${given.name} has none of ${kinds.join(", ")}.`);
}

/** How many answers in a row have to be bad before a check fails. */
export function failuresOf(given: Check): number {
    return given.failures ?? (kindOf(given) === "promql" ? 3 : 1);
}

const usualSeconds: Readonly<Record<CheckKind, number>> = { promql: 5, webhook: 10, job: 600, command: 300 };

/** How long an answer may take: by default 5 s for a query, 10 s for a webhook, 5 min for a program, 10 min for a Job. */
export function timeoutSeconds(given: Check): number {
    return given.timeout === undefined ? usualSeconds[kindOf(given)] : milliseconds(given.timeout) / 1000;
}

const placeholders: readonly string[] = ["service", "namespace", "to", "stable", "step"];

/** What stands in `{{…}}`. */
function wordsIn(query: string): string[] {
    return [...query.matchAll(/\{\{\s*(.*?)\s*\}\}/g)].map(([, word = ""]) => word);
}
