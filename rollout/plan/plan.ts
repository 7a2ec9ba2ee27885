import type { MeshAccess } from "../../components/traffic/meshAccess";
import type { Change, Preview } from "./events";
import { liveObjects } from "./live";
import { Live, makePlan } from "./make";
import type { Plan } from "./model";
import { preview, PreviewOptions } from "./preview";

/**
 * The plan of a stack: what a `pulumi up` would do to users. The cluster is asked while Pulumi works, so that it costs no time
 * of its own. What goes wrong stands in the plan.
 */
export async function planOf(project: string, options: PreviewOptions): Promise<Plan> {
    let live: Promise<Live> | undefined;
    const onChange = (change: Change): void => {
        const access = live ? undefined : accessOf(change);
        if (access) live = look(access);
    };
    const seen = await preview(options, onChange).catch(notStarted);
    const known = (await live) ?? { why: "the preview told of no cluster" };
    return makePlan({ project, stack: options.stack, preview: seen, live: known });
}

/** How the program's Kubernetes provider reaches its cluster. */
function accessOf({ type, new: next, old }: Change): MeshAccess | undefined {
    if (type !== "pulumi:providers:kubernetes") return undefined;
    const { kubeconfig, context } = (next ?? old)?.inputs ?? {};
    return typeof kubeconfig === "string" && typeof context === "string" ? { kubeconfig, context } : undefined;
}

async function look(access: MeshAccess): Promise<Live> {
    try {
        return { objects: await liveObjects(access) };
    } catch (error) {
        const { message, cause } = error as Error;
        return { why: (cause as Error | undefined)?.message || message };
    }
}

function notStarted(error: Error): Preview {
    const diagnostics = [{ severity: "error" as const, message: error.message }];
    return { config: {}, changes: [], policies: [], diagnostics, succeeded: false };
}
