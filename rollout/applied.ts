import * as path from "node:path";
import { type AppliedCluster, appliedClusterIn, appliedClusterType } from "../cluster/appliedCluster";
import { isCheckout, projectRoot, stateDir } from "../cluster/paths";
import { type ClusterAccess, kubeConfigOf } from "../components/mesh/client";
import { objectsInState } from "../components/traffic/world/state";
import type { Placed } from "../components/traffic/world/objects";
import { accessIn, kubeconfigFile } from "./access";
import { exportedState, resourcesIn } from "./exported";
import { headerNames, type HeaderNames } from "./plan/who";
import { changesIn } from "./plan/state";

/** What a stack's state says: what is applied, and where. */
export interface Applied {
    /** What decides who is served. */
    readonly objects: readonly Placed[];
    /** The cluster that all of it is on; undefined where nothing is applied. */
    readonly cluster?: AppliedCluster | undefined;
    /** How that is reached; undefined where the state's provider reaches none. */
    readonly access?: ClusterAccess | undefined;
    /** Headers' names as people have written them. */
    readonly headers: HeaderNames;
    /** What Kubernetes knows each object by. */
    readonly uids: ReadonlySet<string>;
    /** How many resources there are. */
    readonly count: number;
}

/**
 * What a stack's state says, as it was last applied.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the state can't be read: no such stack, no backend, an export of another form.
 */
export async function applied(stack: string, folder?: string): Promise<Applied> {
    const state = await exportedState(stack, folder);
    const at = folder ?? projectRoot();
    if (!accessIn(resourcesIn(state), at).isSecret) return appliedIn(state, at);
    // A kubeconfig that is a secret is asked for as one, and only then.
    const opened = await exportedState(stack, folder, "--show-secrets");
    const { access } = appliedIn(opened, at);
    return { ...appliedIn(state, at), access, cluster: appliedIn(opened, at).cluster };
}

/**
 * The same of an exported state.
 *
 * @param folder of the project.
 * @throws when it is none.
 */
export function appliedIn(state: unknown, folder: string): Applied {
    const resources = resourcesIn(state);
    const { access } = accessIn(resources, folder);
    const recorded = appliedClusterIn(resources.find(({ type }) => type === appliedClusterType)?.inputs);
    const cluster = recorded ?? (access && clusterOf(access));
    const uids = resources.flatMap(({ outputs }) => uidIn(outputs?.metadata) ?? []);
    return {
        objects: objectsInState(resources),
        cluster,
        access,
        headers: headerNames(changesIn(state)),
        uids: new Set(uids),
        count: resources.length,
    };
}

function uidIn(metadata: unknown): string | undefined {
    const { uid } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
    return typeof uid === "string" ? uid : undefined;
}

/** Where a stack is whose last update was made before states said it: by the kubeconfig, which we have written ourselves. */
export function clusterOf(access: ClusterAccess): AppliedCluster {
    const file = kubeconfigFile(access);
    if (isCheckout() && file !== undefined) {
        const [folder, second, third] = path.relative(stateDir(), file).split(path.sep);
        if (folder === "clusters" && second) return { target: "embedded", name: second };
        if (folder === "targets" && (second === "k3d" || second === "minikube") && third)
            return { target: second, name: third };
    }
    return { target: "context", name: access.context ?? currentContext(access) };
}

/** @returns a word for it where the kubeconfig can't be read, of which whoever asks the cluster tells. */
function currentContext(access: ClusterAccess): string {
    try {
        return kubeConfigOf(access).getCurrentContext() || "current";
    } catch {
        return "current";
    }
}
