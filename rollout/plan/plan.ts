import { appliedClusterIn, appliedClusterType, areDifferent, clusterInWords } from "../../cluster/appliedCluster";
import type { MeshAccess } from "../../components/split/meshAccess";
import type { Change, Preview } from "./events";
import type { Plan } from "./model";
import { preview, PreviewOptions } from "./preview";
import type { Rates } from "./rates";
import type { Live } from "./worlds";

/**
 * The plan of a stack: what a `pulumi up` would do to users. All that can be read or loaded while Pulumi works is, so that it
 * costs no time of its own; the state is read only where the preview did not tell all of it. What goes wrong stands in the plan.
 */
export async function planOf(options: PreviewOptions): Promise<Plan> {
    const { stack, folder } = options;
    let looked: Promise<Live> | undefined;
    let rates: Promise<Rates> | undefined;
    const changed = (change: Change): void => {
        const access = looked ? undefined : accessOf(change);
        if (!access) return;
        looked = look(access);
        rates = import("./rates").then(({ measuredRates }) => measuredRates(access)).catch(() => ({}));
    };
    const previewed = preview(options, { changed }).catch(notStarted);
    // Pulumi begins with the stack's secrets, for which it needs one processor.
    const making = import("./make");
    const seen = await previewed;
    const state = seen.succeeded ? undefined : await stateOf(stack, folder);
    // A preview that failed early has told of no cluster, and the state knows it.
    state?.forEach(changed);
    const { makePlan, projectName } = await making;
    const found = (await looked) ?? { why: "no provider tells where it is", unasked: true as const };
    const live = ofAppliedCluster(found, state ?? seen.changes);
    return makePlan({
        project: projectName(folder),
        stack,
        folder,
        preview: seen,
        state,
        live,
        rates: await rates,
    });
}

/** What was last applied; undefined where that can't be read, of which the preview tells. */
async function stateOf(stack: string, folder: string | undefined): Promise<Change[] | undefined> {
    const { changesInState } = await import("./state");
    return changesInState(stack, folder).catch(() => undefined);
}

/** How the program's Kubernetes provider reaches its cluster. */
function accessOf({ type, new: next, old }: Change): MeshAccess | undefined {
    if (type !== "pulumi:providers:kubernetes") return undefined;
    const { kubeconfig, context } = (next ?? old)?.inputs ?? {};
    return typeof kubeconfig === "string" && typeof context === "string" ? { kubeconfig, context } : undefined;
}

async function look(access: MeshAccess): Promise<Live> {
    try {
        // Loaded while Pulumi runs: it costs a plan no time of its own.
        const { liveObjects } = await import("../../components/mesh/live");
        const { clusterUidIfKnown } = await import("../../components/mesh/clusterUid");
        const [objects, uid] = await Promise.all([liveObjects(access), clusterUidIfKnown(access)]);
        return { objects, uid };
    } catch (error) {
        const { message, cause } = error as Error;
        return { why: (cause as Error | undefined)?.message || message };
    }
}

/** Of another cluster than the one that is applied on nothing is to be compared: all of the state would seem to be deleted there. */
function ofAppliedCluster(live: Live, applied: readonly Change[]): Live {
    const before = appliedClusterIn(applied.find(({ type }) => type === appliedClusterType)?.old?.inputs);
    if ("why" in live || !before) return live;
    const now = { ...before, uid: live.uid };
    return areDifferent(before, now)
        ? { why: `what answers is another than ${clusterInWords(before)}, which the stack is applied on` }
        : live;
}

function notStarted(error: Error): Preview {
    const diagnostics = [{ severity: "error" as const, message: error.message }];
    return { config: {}, changes: [], policies: [], diagnostics, findings: [], succeeded: false };
}
