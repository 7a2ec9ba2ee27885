import type { StepLimits } from "../../components/traffic/judge/checkStep";
import type { VersionName } from "../../components/traffic/split/weights";
import { hostsOf, shortHost } from "./hosts";
import { type KubeObject, mapAt } from "./object";
import type { Run } from "./run";

/** What of the limits comes with a release and not with the pack. */
export type Declared = Pick<StepLimits, "stable" | "blueGreen">;

/** Where a release's own marks stand on a VirtualService, for those who have no config of ours. */
export const annotations = {
    /** The version that is switched to at once. */
    blueGreen: "upshift.dev/blue-green",
    /** The version that a rollback returns to. */
    stable: "upshift.dev/stable",
    /** Who agreed to the step. */
    approvedBy: "upshift.dev/approved-by",
};

/** What the release declares: the stack's config, and marks on the routes themselves. */
export function declaredIn(run: Run, routes: readonly KubeObject[]): Declared {
    const marks = (annotation: string): Record<string, VersionName> =>
        Object.fromEntries(
            routes.flatMap((one) => {
                const mark = mapAt(one.body, "metadata", "annotations")[annotation];
                return mark === undefined ? [] : hostsOf(one).map((host) => [shortHost(host), mark]);
            }),
        );
    return {
        stable: { ...marks(annotations.stable), ...mapAt({ it: run.sources.config("stable") as never }, "it") },
        blueGreen: {
            ...marks(annotations.blueGreen),
            ...mapAt({ it: run.sources.config("blueGreen") as never }, "it"),
        },
    };
}
