import { z } from "zod";
import { milliseconds } from "../../components/traffic/world/durations";
import { number, text } from "../../cluster/typed";

const durations = /^(\d+(\.\d+)?(ms|s|m|h))+$/;
const duration = text(z.string().regex(durations, "is no duration such as 90s or 2m"));
const share = number(z.number().gt(0).lt(1));

/**
 * `release.<service>`: how `upshift release` brings a service to another version. It stands in the stack's file, so that it is
 * reviewed, and so that whoever starts the driver anew goes on with the same.
 */
export const release = z.strictObject({
    /** The version that is to have all users. */
    to: text(z.string().min(1)),
    /** Services that are released with it, in one decision; as one text with commas, or as a list. Each has a `release` of its own. */
    with: z.union([z.array(text()).transform((list) => list.join(",")), text()]).optional(),
    /** In order: `header`, percents, `pause` or `pause:10m`; as one text with commas, or as a list. */
    steps: z
        .union([z.array(z.union([z.number(), z.string()])).transform((list) => list.join(",")), text()])
        .default("header,10,25,50,100"),
    /** How long each share is watched at least. */
    bake: duration.default("2m"),
    /** How long a step is waited for that can't be judged, or that holds, before the driver ends; the users stay where they are. */
    timeout: duration.default("1h"),
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
    /** Written by `upshift pause` and `resume`. */
    paused: z.boolean().default(false),
    /** Written by `upshift promote`: the step whose pause or gate is passed by somebody's word. */
    promoted: text().optional(),
    /** Written by `upshift abort`, and by a gate: the version that came back, and does not start again by itself. */
    aborted: text().optional(),
});

export type ReleaseSettings = z.infer<typeof release>;

/** Whether a text is a duration: `90s`, `1h30m`. */
export function isDuration(text: string): boolean {
    return durations.test(text);
}

/** A duration of the config in seconds. */
export function secondsOf(text: string): number {
    return milliseconds(text) / 1000;
}
