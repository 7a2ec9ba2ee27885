import type { MeshAccess } from "../../components/traffic/meshAccess";
import type { LiveObject } from "./drift";

/** How long the cluster may take to answer before the plan does without it, in milliseconds. */
const patience = 5000;

/**
 * What the cluster has of the kinds that decide on traffic, in all namespaces: three questions, side by side.
 *
 * @throws when the cluster does not answer.
 */
export async function liveObjects({ kubeconfig, context }: MeshAccess): Promise<LiveObject[]> {
    // Loaded while Pulumi runs: it costs a plan that needs no cluster nothing.
    const { KubeConfig, CustomObjectsApi, AppsV1Api } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    config.setCurrentContext(context);
    const custom = config.makeApiClient(CustomObjectsApi);
    const istio = async (plural: string): Promise<LiveObject[]> => {
        const list = (await custom.listClusterCustomObject({
            group: "networking.istio.io",
            version: "v1",
            plural,
        })) as { items: LiveObject[] };
        return list.items;
    };
    const deployments = async (): Promise<LiveObject[]> => {
        const { items } = await config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces();
        return items.map((item) => ({
            kind: "Deployment",
            metadata: item.metadata as LiveObject["metadata"],
            spec: item.spec,
        }));
    };
    const all = Promise.all([
        istio("virtualservices").catch(orNone),
        istio("destinationrules").catch(orNone),
        deployments(),
    ]);
    return (await inTime(all)).flat();
}

/** A cluster without Istio has no routes, and that is no failure. */
function orNone(error: Error & { code?: number }): LiveObject[] {
    if (error.code === 404) return [];
    throw error;
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer in ${patience / 1000} s`)), patience);
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
