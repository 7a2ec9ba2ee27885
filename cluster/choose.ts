import type { Whereabouts } from "./whereabouts";
import type { AppliedCluster } from "./appliedCluster";
import { contextPlace } from "./context/place";
import { embeddedPlace } from "./embedded/place";
import { k3dPlace } from "./k3d/place";
import { minikubePlace } from "./minikube/place";
import type { Place } from "./place";
import { stateDir } from "./paths";
import { existingTargets } from "./setup/target.mjs";
import type { Finding, Target } from "./target";
import { UserError } from "../components/userError";

type TargetName = Target["name"];

/** A place, and which one it is. */
export interface SettledPlace extends Place {
    readonly at: AppliedCluster;
}

/**
 * Where a stack runs.
 *
 * @param stack the stack, as its label says: `upshift.dev`
 * @throws before anything is changed, when the cluster is not there or must not be used; the message names what fixes it
 */
export function placeOf(settings: Whereabouts, stack: string): SettledPlace {
    const target = settledTarget(settings);
    const [refused] = notAllowed(settings, target, stack);
    if (refused) throw new UserError({ what: `${refused.what} Nothing was changed.`, fix: refused.fix });
    const name = target === "context" ? (settings.context ?? "") : settings.cluster;
    return { ...placeOn(target, settings, stack), at: { target, name } };
}

function placeOn(target: TargetName, settings: Whereabouts, stack: string): Place {
    const { cluster, istio } = settings;
    if (target === "k3d") return k3dPlace(cluster, istio);
    if (target === "minikube") return minikubePlace(cluster, istio);
    return target === "embedded" ? embeddedPlace(cluster) : contextPlace({ ...settings, stack });
}

/** The config's target; for `auto` the one on which this checkout's cluster is. */
function settledTarget({ target, cluster }: Pick<Whereabouts, "target" | "cluster">): TargetName {
    if (target !== "auto") return target;
    const [only, ...others] = existingTargets(stateDir(), cluster);
    if (only && others.length === 0) return only;
    const which = only ? `on several targets (${[only, ...others].join(", ")})` : "nowhere yet";
    throw new Error(
        `The stack's target is auto, and a cluster ${cluster} of this checkout is ${which}.\n` +
            `  fix: ${only ? `pulumi config set target ${only}` : "npm start, or npx upshift cluster up"}`,
    );
}

/** A stack that matters comes up where its config lets it, and nowhere by accident: what is wrong when it does not. */
export function notAllowed(
    { allowedTargets }: Pick<Whereabouts, "allowedTargets">,
    target: TargetName,
    stack: string,
): Finding[] {
    if (allowedTargets.includes(target)) return [];
    return [
        {
            what: `Stack ${stack} does not run on ${target}: its config allows ${allowedTargets.join(", ")} (allowedTargets).`,
            fix: `name another target, or, if you mean it: pulumi config set --stack ${stack.split(".").at(-1)} --path 'allowedTargets[${allowedTargets.length}]' ${target}`,
        },
    ];
}
