import type { MeshAccess } from "../../components/split/meshAccess";
import type { Settings } from "../../config/read";
import type { Change, Preview, Watch } from "./events";
import type { Plan } from "./model";
import { preview, PreviewOptions } from "./preview";
import type { Rates } from "./rates";
import type { Live } from "./verdict";

/**
 * The plan of a stack: what a `pulumi up` would do to users. All that can be read or loaded while Pulumi works is, so that it
 * costs no time of its own; the state is read only where the preview did not tell all of it. What goes wrong stands in the plan.
 */
export async function planOf(options: PreviewOptions): Promise<Plan> {
    const { stack, folder } = options;
    let live: Promise<Live> | undefined;
    let rates: Promise<Rates> | undefined;
    let weighed: ReturnType<typeof weigh> | undefined;
    const changed = (change: Change): void => {
        const access = live ? undefined : accessOf(change);
        if (!access) return;
        live = look(access);
        rates = import("./rates").then(({ measuredRates }) => measuredRates(access)).catch(() => ({}));
    };
    /** What is to be judged, and by what. */
    const weigh = async (config: Preview["config"], changes: readonly Change[]) => {
        const { settingsIn, projectName } = await making;
        const project = projectName(folder);
        const known = (await live) ?? { why: "no provider tells where it is", unasked: true as const };
        // Another project's config has words of its own: its steps are judged by the hooks of its components.
        const settings = folder === undefined ? settingsIn(project, config) : undefined;
        return { project, settings, live: settings ? await withPods(known, settings, changes) : known };
    };
    const summed: Watch["summed"] = ({ config, changes }) => (weighed = weigh(config, changes));
    const previewed = preview(options, { changed, summed }).catch(notStarted);
    // Pulumi begins with the stack's secrets, for which it needs one processor.
    const making = import("./make");
    const seen = await previewed;
    const state = seen.succeeded ? undefined : await stateOf(stack, folder);
    // A preview that failed early has told of no cluster, and the state knows it.
    state?.forEach(changed);
    if (state || !weighed) weighed = weigh(seen.config, state ?? seen.changes);
    const { makePlan } = await making;
    return makePlan({ stack, folder, preview: seen, state, ...(await weighed), rates: await rates });
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
        return { objects: await liveObjects(access) };
    } catch (error) {
        const { message, cause } = error as Error;
        return { why: (cause as Error | undefined)?.message || message };
    }
}

/** Pods are counted only where a switch is declared, of which they decide. */
async function withPods(live: Live, settings: Settings, changes: readonly Change[]): Promise<Live> {
    const access = changes.map(accessOf).find(Boolean);
    if (!("objects" in live) || !access || !Object.values(settings.services).some(({ blueGreen }) => blueGreen))
        return live;
    const [{ countPods }, { seenIn, seenLive }] = await Promise.all([import("../guard/judge"), import("./verdict")]);
    try {
        return { ...live, pods: await countPods(access, settings, seenIn(changes), seenLive(live.objects)) };
    } catch {
        // What can't be counted is no permission: the verdict says so.
        return live;
    }
}

function notStarted(error: Error): Preview {
    const diagnostics = [{ severity: "error" as const, message: error.message }];
    return { config: {}, changes: [], policies: [], diagnostics, succeeded: false };
}
