import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { ChainGuard } from "./chainGuard";
import type { GuardedSplit } from "./guardedSplit";
import type { Change } from "./hookInputs";

/** The hooks of a split that refuse an unsafe step at preview and at `up`: of its VirtualService, its DestinationRule, its Deployments. */
export interface GuardHooks {
    readonly routes: pulumi.ResourceHook;
    readonly subsets: pulumi.ResourceHook;
    readonly pods: pulumi.ResourceHook;
}

/**
 * Guards a split, together with all that have the same parent: these are one chain. A run is told by its monitor, because one
 * process may have several.
 *
 * @returns undefined where nothing calls hooks: mocks have no engine.
 */
export function guardOf(split: GuardedSplit, parent?: pulumi.Resource): GuardHooks | undefined {
    const monitor = pulumi.runtime.getMonitor() ?? {};
    if (!("registerResourceHook" in monitor)) return undefined;
    const chain = ChainGuard.of(parent ?? monitor);
    chain.add(split);
    return guardHooks(chain, split);
}

function guardHooks(guard: ChainGuard, split: GuardedSplit): GuardHooks {
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
        pods: hook("pods", (change, inPreview) => guard.judgePods(split, change, inPreview)),
    };
}
