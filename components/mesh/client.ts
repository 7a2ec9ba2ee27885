import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import * as os from "node:os";
import { Api } from "./api";

/** A cluster as a Kubernetes provider names it: all is optional. */
export interface ClusterAccess {
    /** A path, or the contents as YAML or JSON. Default: the files of $KUBECONFIG, then ~/.kube/config. */
    readonly kubeconfig?: string | undefined;
    /** Default: the kubeconfig's current one. */
    readonly context?: string | undefined;
    /** The cluster in place of the context's own. */
    readonly cluster?: string | undefined;
}

/** The API server of a cluster. @throws as `kubeConfigOf` does */
export function apiOf(access: ClusterAccess): Api {
    return new Api(kubeConfigOf(access));
}

/**
 * The kubeconfig of a cluster, with its context chosen.
 *
 * @throws when the file can't be read, or has no such context or cluster.
 */
export function kubeConfigOf({ kubeconfig, context, cluster }: ClusterAccess): KubeConfig {
    const config = new KubeConfig();
    const isText = kubeconfig !== undefined && (kubeconfig.includes("\n") || kubeconfig.trimStart().startsWith("{"));
    if (!kubeconfig) config.loadFromDefault();
    else if (isText) config.loadFromString(kubeconfig);
    else config.loadFromFile(kubeconfig.replace(/^~(?=$|\/)/, os.homedir()));
    if (context) {
        const names = config.getContexts().map(({ name }) => name);
        if (!names.includes(context))
            throw new Error(`kubeconfig: there is no context "${context}"; it has ${names.join(", ") || "none"}`);
        config.setCurrentContext(context);
    }
    if (cluster) {
        if (!config.getCluster(cluster)) throw new Error(`kubeconfig: there is no cluster "${cluster}"`);
        const current = config.getCurrentContext();
        config.contexts = config.contexts.map((one) => (one.name === current ? { ...one, cluster } : one));
    }
    return config;
}
