import type * as AppliedClusters from "../../cluster/appliedCluster";
import type { ClusterAccess } from "../../components/mesh/client";
import { projectRoot } from "../../cluster/paths";
import { accessOf as reached, hasKubeconfig } from "../access";
import type { Change, Preview } from "./events";
import type { Plan } from "./model";
import { preview, type PreviewOptions } from "./preview";
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
    const ask = (access: ClusterAccess): void => {
        looked = look(access);
        rates = import("./rates").then(({ measuredRates }) => measuredRates(access)).catch(() => ({}));
    };
    const changed = (change: Change): void => {
        const access = looked ? undefined : accessOf(change, folder);
        // One that leaves open what it reaches is not asked before it is known that there is no other.
        if (access?.kubeconfig !== undefined && access.context !== undefined) ask(access);
    };
    // Not before Pulumi has begun, which loading would keep from it for a tenth of a second.
    const started = (): void => void Promise.all([import("./make"), loadedLater()]);
    const seen = await preview(options, { changed, started }).catch(notStarted);
    const state = seen.succeeded ? undefined : await stateOf(stack, folder);
    // A preview that failed early has told of no cluster, and the state knows it.
    state?.forEach(changed);
    const only = looked ? undefined : await onlyAccess(state ?? seen.changes, seen.config, options);
    if (only) ask(only);
    const { makePlan, projectName } = await import("./make");
    const found = (await looked) ?? { why: "no provider tells where it is", unasked: true as const };
    const live = await ofAppliedCluster(found, state ?? seen.changes);
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

const loadedLater = (): Promise<typeof AppliedClusters> => import("../../cluster/appliedCluster");

/** What was last applied; undefined where that can't be read, of which the preview tells. */
async function stateOf(stack: string, folder: string | undefined): Promise<Change[] | undefined> {
    const { changesInState } = await import("./state");
    return changesInState(stack, folder).catch(() => undefined);
}

/** How a Kubernetes provider reaches its cluster; undefined where it is none, or reaches none that is known. */
function accessOf({ type, new: next, old }: Change, folder: string | undefined): ClusterAccess | undefined {
    return type === providerType ? reached((next ?? old)?.body, folder ?? projectRoot()).access : undefined;
}

const providerType = "pulumi:providers:kubernetes";

/**
 * How the one provider reaches its cluster that leaves it open, or has it as a secret: by the user's own kubeconfig, where there is
 * one; by the state, which gives its secrets to whoever has the passphrase. Of the default provider a preview tells nothing: it is
 * what the config makes of it.
 */
async function onlyAccess(
    changes: readonly Change[],
    config: Preview["config"],
    { stack, folder }: PreviewOptions,
): Promise<ClusterAccess | undefined> {
    const [only, ...others] = changes.filter(({ type, op }) => type === providerType && op !== "delete");
    if (others.length > 0 || !changes.some(({ type }) => type.startsWith("kubernetes:"))) return undefined;
    const inputs = only ? (only.new ?? only.old)?.body : defaultInputs(config);
    const { access, isSecret } = reached(inputs, folder ?? projectRoot());
    if (isSecret) {
        const { applied } = await import("../applied");
        return applied(stack, folder).then(
            (state) => state.access,
            () => undefined,
        );
    }
    return access && (access.kubeconfig !== undefined || hasKubeconfig()) ? access : undefined;
}

function defaultInputs(config: Preview["config"]): object {
    const fields = ["kubeconfig", "context", "cluster", "renderYamlToDirectory"];
    return Object.fromEntries(fields.map((field) => [field, config[`kubernetes:${field}`]]));
}

async function look(access: ClusterAccess): Promise<Live> {
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
async function ofAppliedCluster(live: Live, applied: readonly Change[]): Promise<Live> {
    const { appliedClusterIn, appliedClusterType, areDifferent, clusterInWords } = await loadedLater();
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
