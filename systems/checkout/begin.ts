import { setUp, whatSetUpMakes } from "../../cluster/setup/setup";
import { refuse, type Progress, type Target, type TargetPlan } from "../../cluster/target";
import { elsewhere } from "./elsewhere";
import { namesFor } from "./hosts";
import { planText } from "./planText";
import { selectStack, setConfig } from "../../rollout/stack";
import { findingsOf, targetOfStack, type ChosenTarget, type TargetOptions } from "./target";

/**
 * From a checkout to a cluster on which a stack can come up: says where it will run, what it will install, what it leaves
 * alone and how to undo it, before it does any of that.
 *
 * @param stack whose config then names the target
 * @param options where it runs, and what a set-up tells after its first minute
 * @throws before anything is changed, with everything that stands in the way
 */
export async function begin(
    stack: string,
    options: TargetOptions & { readonly meanwhile?: string },
    onProgress: (progress: Progress) => void,
): Promise<Target> {
    const chosen = targetOfStack(stack, options);
    const { target, refused } = chosen;
    // What set-up is yet to bring, such as Debian's packages, is not missing yet.
    refuse(target, target.name === "embedded" ? refused : await findingsOf(chosen));
    const plan = withSetUp(await target.plan(), whatSetUpMakes({ target: target.name }));
    console.log(`\n▸ what this does\n${planText(chosen, plan, await namesFor(chosen.hosts, plan.gatewayHost))}`);
    await setUp({ target: target.name, ...(options.meanwhile !== undefined && { meanwhile: options.meanwhile }) });
    refuse(target, await elsewhere(stack, target));
    console.log(`\n▸ cluster up: ${target.name}`);
    await bringUp(chosen, onProgress);
    await selectStack(stack);
    await setConfig(stack, { target: target.name });
    return target;
}

/**
 * Makes or starts a target's cluster, and brings the images in.
 *
 * @throws before anything is changed when its check finds anything
 */
export async function bringUp(chosen: ChosenTarget, onProgress: (progress: Progress) => void): Promise<void> {
    const { target } = chosen;
    refuse(target, await findingsOf(chosen));
    await target.up(onProgress);
    await target.images(onProgress);
}

/** What set-up is yet to make is installed too. */
function withSetUp(plan: TargetPlan, makes: readonly string[]): TargetPlan {
    if (makes.length === 0) return plan;
    const line = `before that, what set-up lacks: ${makes.join(", ")} (below ~/.cache/upshift, plugins where Pulumi has its own)`;
    return { ...plan, installs: [...plan.installs, line] };
}
