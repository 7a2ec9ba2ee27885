import { refuseOther, startCommand } from "../../cluster/appliedCluster";
import { liveWorld } from "../../components/mesh/live";
import { clusterUidIfKnown } from "../../components/mesh/clusterUid";
import { type ForeignEdit, foreignEdits, type StackName } from "../../components/split/foreignEdits";
import type { StepLimits } from "../../components/traffic/judge/limits";
import type { World } from "../../components/traffic/world/world";
import { kubeconfigFile } from "../access";
import { applied, type Applied } from "../applied";
import { projectName } from "../plan/projectName";
import { UserError } from "../../components/userError";

/** All that is to be known before somebody decides on what others have written. */
export interface Seen {
    readonly of: StackName;
    readonly state: Applied;
    readonly access: NonNullable<Applied["access"]>;
    readonly live: World;
    /** The limits that hold where none are applied. */
    readonly limits: StepLimits;
    /** What others have written of the service. */
    readonly edits: readonly ForeignEdit[];
}

/**
 * What others have done to a service since it was applied.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when state or cluster can't be read, or the cluster is another: what is not seen can't be decided on.
 */
export async function seen(stack: string, service: string, folder?: string): Promise<Seen> {
    const state = await applied(stack, folder);
    const { access, cluster } = state;
    if (!access || !cluster)
        throw new UserError({
            what: `Stack ${stack} is not applied: there is nothing to compare.`,
            fix: `pulumi up --stack ${stack}`,
        });
    const [live, uid] = await Promise.all([
        liveWorld(access).catch((error: Error) => {
            throw new UserError({
                what: `What the cluster has can't be read: ${error.message}`,
                fix: startCommand(cluster, kubeconfigFile(access)),
            });
        }),
        clusterUidIfKnown(access),
    ]);
    refuseOther(stack, cluster, { ...cluster, uid });
    const edits = foreignEdits(state.objects, live).filter(({ services }) => services.includes(service));
    return { of: { project: projectName(folder), stack }, state, access, live, limits: {}, edits };
}

/** What is said where nobody else has moved a service's users. */
export function nothingToDecide(service: string): string {
    return `Nobody else has moved users of ${service}: the cluster serves them as it was applied.`;
}
