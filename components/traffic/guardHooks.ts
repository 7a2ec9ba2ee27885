import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { Change, ChainGuard, GuardedSplit } from "./chainGuard";

/** The hooks of a split's VirtualService and DestinationRule that refuse an unsafe step, at preview and at `up`. */
export function guardHooks(
    guard: ChainGuard,
    split: GuardedSplit,
): { routes: pulumi.ResourceHook; subsets: pulumi.ResourceHook } {
    // A hook is called from outside the program, and there an inline program's run is not known.
    const inRun = AsyncLocalStorage.snapshot();
    const hook = (name: string, judge: (change: Change, inPreview: boolean) => Promise<void>): pulumi.ResourceHook =>
        new pulumi.ResourceHook(
            `${split.service}-${name}`,
            (args) => inRun(() => judge(args, pulumi.runtime.isDryRun())),
            { onDryRun: true },
        );
    return {
        routes: hook("guard", (change, inPreview) => guard.judgeRoutes(split, change, inPreview)),
        subsets: hook("drained", (change, inPreview) => guard.judgeSubsets(split, change, inPreview)),
    };
}

/** Whether the run has an engine that calls hooks; mocks have none. */
export function canHook(): boolean {
    return "registerResourceHook" in (pulumi.runtime.getMonitor() ?? {});
}
