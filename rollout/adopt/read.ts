import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { Api, ApiError, pathTo } from "../../components/mesh/api";
import { type ClusterAccess, kubeConfigOf } from "../../components/mesh/client";
import { liveWorld } from "../../components/mesh/live";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { describeSource, type Source, type SourceKind } from "./source";
import { UserError } from "../../components/userError";

/** What is read of a cluster for an adoption. */
export interface Seen {
    readonly world: World;
    /** The context in which it was read. */
    readonly context: string;
    /** The object itself, where it is none of the world's kinds. */
    readonly object?: Body | undefined;
    /** ReplicaSets of its namespace: a Rollout's pods. */
    readonly replicaSets: readonly Body[];
}

/** Where the kinds that are not the world's are asked for. */
const places: Readonly<
    Record<Exclude<SourceKind, "VirtualService">, { group: string; version: string; plural: string }>
> = {
    Rollout: { group: "argoproj.io", version: "v1alpha1", plural: "rollouts" },
    Canary: { group: "flagger.app", version: "v1beta1", plural: "canaries" },
    HTTPRoute: { group: "gateway.networking.k8s.io", version: "v1", plural: "httproutes" },
};

/**
 * Reads a live object, and all that decides who is served.
 *
 * @throws when the cluster does not answer, or does not have it.
 */
export async function seen(source: Source, access: ClusterAccess): Promise<Seen> {
    const config = readable(access);
    const context = config.getCurrentContext();
    const api = new Api(config);
    try {
        const [world, object, replicaSets] = await Promise.all([
            liveWorld(access),
            source.kind === "VirtualService" ? undefined : own(api, source, places[source.kind]),
            source.kind === "Rollout" ? replicaSetsOf(api, source) : [],
        ]);
        return { world, context, object, replicaSets };
    } catch (error) {
        const { message } = error as Error;
        if (message.startsWith(describeSource(source))) throw error;
        throw unreadable(context, error as Error);
    }
}

/** That a cluster does not say what was asked. */
export function unreadable(context: string, { message }: Error): Error {
    return new UserError({
        what: `The cluster of context ${context} can't be read: ${message.split("\n")[0]}`,
        fix: `kubectl --context ${context} get virtualservices -A, and name another by --context`,
    });
}

/** The kubeconfig that is used. @throws when there is no kubeconfig, or none with this context. */
export function readable(access: ClusterAccess): KubeConfig {
    try {
        const config = kubeConfigOf(access);
        // The client's own last resort, where there is no file at all.
        if (config.getCurrentCluster()?.server === "http://localhost:8080") throw new Error("there is none");
        return config;
    } catch (error) {
        throw new UserError({
            what: `The kubeconfig ${access.kubeconfig ?? process.env.KUBECONFIG ?? "~/.kube/config"} can't be used: ${(error as Error).message}`,
            fix: "kubectl config get-contexts, and name a file and a context of it: --kubeconfig FILE --context NAME",
        });
    }
}

async function own(
    api: Api,
    source: Source,
    { group, version, plural }: { group: string; version: string; plural: string },
): Promise<Body> {
    const { namespace, name } = source;
    try {
        return await api.get<Body>(pathTo(group, version, plural, namespace, name));
    } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
        throw notThere(source, `${plural}.${group}`);
    }
}

async function replicaSetsOf(api: Api, { namespace }: Source): Promise<Body[]> {
    const { items } = await api.get<{ items: Body[] }>(pathTo("apps", "v1", "replicasets", namespace));
    return items;
}

/** That an object is not there, with the command that lists those that are. */
export function notThere(source: Source, plural: string): UserError {
    return new UserError({
        what: `${describeSource(source)} is not in the cluster.`,
        fix: `kubectl get ${plural} --all-namespaces, and name one of them, with its namespace by -n`,
    });
}
