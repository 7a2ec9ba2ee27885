import * as fs from "node:fs";
import { z } from "zod";
import { type Plan, schemaVersion } from "./model";
import { UserError } from "../../components/userError";

const weights = z.record(z.string(), z.number());
const routes = z.object({
    weights,
    special: z.array(z.object({ who: z.string(), to: z.string() })),
    mirror: z.object({ to: z.string(), percent: z.number() }).optional(),
});
const created = z.object({ provider: z.string().optional(), inputs: z.unknown() });
const fields = z.array(z.object({ path: z.string(), from: z.unknown(), to: z.unknown() }));

/** What of a saved plan is compared with one that is made now; what only tells is not looked at. */
const saved = z.object({
    schema: z.literal(schemaVersion),
    project: z.string(),
    stack: z.string(),
    result: z.enum(["changes", "nothing", "refused", "failed"]),
    services: z.array(
        z.object({
            service: z.string(),
            at: z.string().optional(),
            applied: routes.optional(),
            proposed: routes.optional(),
        }),
    ),
    pods: z.array(
        z.object({
            deployment: z.string(),
            from: z.number(),
            to: z.number(),
            restarts: z.boolean(),
            because: z.string().optional(),
        }),
    ),
    replaced: z.array(z.object({ resource: z.string(), because: z.array(z.string()) })),
    changes: z.array(z.object({ op: z.string(), resource: z.string(), fields, created: created.optional() })),
    unsteady: z.array(z.string()).optional(),
    drift: z.array(z.object({ resource: z.string(), fields, by: z.string().optional() })),
});

/** A plan as its `--json-file` has it, as far as two plans are compared. */
export type SavedPlan = Pick<
    Plan,
    "schema" | "project" | "stack" | "result" | "pods" | "replaced" | "changes" | "unsteady"
> & {
    readonly services: readonly Pick<Plan["services"][number], "service" | "at" | "applied" | "proposed">[];
    readonly drift: readonly Pick<Plan["drift"][number], "resource" | "fields" | "by">[];
};

/** Reads a plan that was saved. @throws when it is none, or one of another version of upshift */
export function savedPlan(file: string): SavedPlan {
    const fix = `npx upshift plan --json-file ${file}, and have that approved`;
    let found: unknown;
    try {
        found = JSON.parse(fs.readFileSync(file, "utf8"));
    } catch (error) {
        throw new UserError({ what: `${file} can't be read as a saved plan: ${(error as Error).message}`, fix });
    }
    const { success, data, error } = saved.safeParse(found);
    if (success) return data;
    const [problem] = error.issues;
    throw new UserError({
        what: `${file} is no plan of this version: ${problem?.path.join(".")}: ${problem?.message}`,
        fix,
    });
}
