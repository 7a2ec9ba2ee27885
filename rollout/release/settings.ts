import { z } from "zod";
import { duration, number, text } from "../../cluster/typed";
import { check } from "../gate/checks/settings";
import { secondsOf } from "./durations";
import { defaultSteps, isWait, parseSteps } from "./steps";

const share = number(z.number().gt(0).lt(1));

const shape = z.strictObject({
    /** The version that is to have all users. */
    to: text(z.string().min(1)),
    /** Services that are released with it, in one decision; as one text with commas, or as a list. Each has a `release` of its own. */
    with: z.union([z.array(text()).transform((list) => list.join(",")), text()]).optional(),
    /** A version that runs what stable runs, as new as `to`, and gets as many users: then that is what `to` is compared with. */
    baseline: text().optional(),
    /** In order: `header`, `mirror:20`, percents, pauses and approvals (see `parseSteps`); as one text with commas, or as a list. */
    steps: z
        .union([z.array(z.union([z.number(), z.string()])).transform((list) => list.join(",")), text()])
        .default(defaultSteps),
    /** How long each share is watched at least. */
    bake: duration().default("2m"),
    /** How long `finish` keeps the version that its users have left, so that the way back to it stays instant. Default: not at all. */
    keep: duration().optional(),
    /** How long a step is waited for that can't be judged, or that holds, before the driver ends; the users stay where they are. */
    timeout: duration().default("1h"),
    /** How long a pause without time of its own, or an approval, waits for somebody. Default: for as long as it takes. */
    pauseTimeout: duration().optional(),
    /** What is done where nobody lets it go on by then. */
    onExpiry: z.enum(["hold", "goOn", "rollback"]).default("hold"),
    /** What is done where the new version is proven to be worse. */
    onFail: z.enum(["rollback", "hold"]).default("rollback"),
    /** False only writes down what the gate says, and goes on once the time to bake is over. */
    enforce: z.boolean().default(true),
    gate: z
        .strictObject({
            alpha: share.optional(),
            beta: share.optional(),
            ceiling: share.optional(),
            tolerated: number(z.number().min(1)).optional(),
            minRequests: z.number().int().min(1).optional(),
            latency: z
                .union([z.literal(false), z.strictObject({ edge: number().optional(), ceiling: share.optional() })])
                .optional(),
        })
        .default({}),
    /** A Prometheus that scrapes the callers' proxies. Default: the proxies are asked themselves. */
    prometheus: z
        .strictObject({
            url: text(z.string().regex(/^https?:\/\//)),
            metrics: z.enum(["istio", "envoy"]).default("istio"),
            scrapeSeconds: number(z.number().positive()).default(15),
        })
        .optional(),
    /** Of a chain: the request that goes through all its services, as the first of them is asked for it. */
    probe: z
        .strictObject({
            path: text(z.string().startsWith("/")).optional(),
            headers: z.record(z.string(), text()).optional(),
            /** `NAMESPACE/ACCOUNT` of the pod that asks. Default: the first service's namespace, and its account `default`. */
            from: text(z.string().regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/)).optional(),
        })
        .default({}),
    /** What is asked at each look beside the gate: queries, webhooks, Jobs and programs. */
    checks: z.array(check).default([]),
    /** Written by `upshift pause` and `resume`. */
    paused: z.boolean().default(false),
    /** Written by `upshift promote`: the step whose pause or gate is passed by somebody's word. */
    promoted: text().optional(),
    /** Written with it: who has said so. */
    promotedBy: text().optional(),
    /** Written by `upshift abort`, and by a gate: the version that came back, and does not start again by itself. */
    aborted: text().optional(),
    /** Written by `upshift finish`: versions without users that are to be taken away, with commas between. */
    previous: text().optional(),
});

/** What of it is about one release, and goes with its end; all else is how the next one is made, too. */
export const ofOneRelease = ["to", "with", "baseline", "paused", "promoted", "promotedBy", "aborted"] as const;

/**
 * `release.<service>`: how `upshift release` brings a service to another version. It stands in the stack's file, so that it is
 * reviewed, and so that whoever starts the driver anew goes on with the same.
 */
export const release = shape.superRefine(refined);

/** What the config may say of a service: a version that was taken back by hand leaves its mark, without any release. */
export const declaredRelease = shape.partial({ to: true }).superRefine(refined);

export type ReleaseSettings = z.infer<typeof release>;

/** The same of a service whose config need not ask for a release. */
export type DeclaredRelease = z.infer<typeof declaredRelease>;

type Refined = Pick<
    ReleaseSettings,
    "checks" | "steps" | "prometheus" | "onExpiry" | "pauseTimeout" | "bake" | "timeout"
>;

/** What no field says by itself. */
function refined(
    { checks, steps, prometheus, onExpiry, pauseTimeout, bake, timeout }: Refined,
    context: z.RefinementCtx,
): void {
    const names = askedSteps(steps);
    const has = (kind: string): boolean => parseSteps(steps, "").steps.some((step) => step.kind === kind);
    const endless = endlessBake(bake, timeout);
    if (endless)
        context.addIssue({
            code: "custom",
            path: ["timeout"],
            message: endless.why,
            params: { nearest: endless.timeout },
        });
    if (has("mirror") && prometheus?.metrics === "istio")
        context.addIssue({
            code: "custom",
            path: ["prometheus", "metrics"],
            message: "copies of a mirror step are counted by envoy's own metrics alone",
        });
    if (has("approval") && pauseTimeout !== undefined && onExpiry === "goOn")
        context.addIssue({
            code: "custom",
            path: ["onExpiry"],
            message: "an approval that nobody gives can't count as given: hold or rollback",
        });
    checks.forEach(({ name, from, promql }, index) => {
        const issue = (key: string, message: string): void =>
            context.addIssue({ code: "custom", path: ["checks", index, ...key.split(".")], message });
        if (checks.findIndex((other) => other.name === name) < index) issue("name", "another check has this name");
        if (from !== undefined && !names.includes(from)) issue("from", `the steps are ${names.join(", ")}`);
        if (promql && promql.url === undefined && !prometheus)
            issue("promql.url", `it is needed where the release has no prometheus.url`);
    });
}

/** Why no step could ever pass, and a timeout with which one could; undefined where one can. */
export function endlessBake(
    bake: string,
    timeout: string,
): { readonly why: string; readonly timeout: string } | undefined {
    if (secondsOf(bake) < secondsOf(timeout)) return undefined;
    const why = `a step is watched for ${bake} and waited for no longer than ${timeout}, so that none could pass: ask for more than ${bake}`;
    return { why, timeout: `${Math.max(3600, 2 * secondsOf(bake))}s` };
}

/** Steps at which checks are asked, by name: those at which somebody is served. */
export function askedSteps(steps: string): string[] {
    return parseSteps(steps, "").steps.flatMap((step) => (isWait(step) ? [] : [step.name]));
}
