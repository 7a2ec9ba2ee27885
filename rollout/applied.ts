import * as path from "node:path";
import { z } from "zod";
import { type AppliedCluster, appliedClusterIn, appliedClusterType } from "../cluster/appliedCluster";
import { stateDir } from "../cluster/paths";
import type { ClusterAccess } from "../components/mesh/client";
import { objectsInState, type StateResource } from "../components/traffic/world/state";
import type { Placed } from "../components/traffic/world/objects";
import { exportedState, resourcesIn } from "./exported";

/** What a stack's state says: what is applied, and where. */
export interface Applied {
    /** What decides who is served. */
    readonly objects: readonly Placed[];
    /** The cluster that all of it is on; undefined where nothing is applied. */
    readonly cluster?: AppliedCluster;
    /** How that is reached. */
    readonly access?: Required<Pick<ClusterAccess, "kubeconfig" | "context">>;
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
    return appliedIn(await exportedState(stack, folder));
}

/** The same of an exported state. @throws when it is none */
export function appliedIn(state: unknown): Applied {
    const resources = resourcesIn(state);
    const access = accessIn(resources);
    const recorded = appliedClusterIn(resources.find(({ type }) => type === appliedClusterType)?.inputs);
    const cluster = recorded ?? (access && clusterOf(access));
    const uids = resources.flatMap(({ outputs }) => made.safeParse(outputs).data?.metadata.uid ?? []);
    return { objects: objectsInState(resources), cluster, access, uids: new Set(uids), count: resources.length };
}

const made = z.object({ metadata: z.object({ uid: z.string() }) });

function accessIn(resources: readonly StateResource[]): Applied["access"] {
    const schema = z.object({ kubeconfig: z.string(), context: z.string() });
    return resources
        .filter(({ type }) => type === "pulumi:providers:kubernetes")
        .flatMap(({ inputs }) => schema.safeParse(inputs).data ?? [])[0];
}

/** Where a stack is whose last update was made before states said it: by the kubeconfig, which we have written ourselves. */
export function clusterOf({
    kubeconfig,
    context,
}: Required<Pick<ClusterAccess, "kubeconfig" | "context">>): AppliedCluster {
    const [folder, second, third] = path.relative(stateDir(), kubeconfig).split(path.sep);
    if (folder === "clusters" && second) return { target: "embedded", name: second };
    if (folder === "targets" && (second === "k3d" || second === "minikube") && third)
        return { target: second, name: third };
    return { target: "context", name: context };
}
