import { AdmissionregistrationV1Api, AppsV1Api, CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import { stackLabel } from "../../components/mesh/ownership";
import { withTimeout } from "./connect";
import type { FoundMesh } from "./decide";

/** Looks, changes nothing. */
export async function lookForIstio(config: KubeConfig): Promise<FoundMesh> {
    const [deployments, webhooks, namespaces] = await Promise.all([
        config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces({ labelSelector: "app=istiod" }, withTimeout()),
        tagsOf(config),
        config.makeApiClient(CoreV1Api).listNamespace({}, withTimeout()),
    ]);
    const stacks = new Map(namespaces.items.map(({ metadata }) => [metadata?.name, metadata?.labels?.[stackLabel]]));
    const istios = deployments.items.map(({ metadata, spec }) => {
        const labels = metadata?.labels ?? {};
        const revision = labels["istio.io/rev"] ?? "default";
        const image = spec?.template.spec?.containers.find(({ name }) => name === "discovery")?.image ?? "";
        return {
            namespace: metadata?.namespace ?? "",
            revision,
            version: versionIn(image.split(":").at(-1)) ?? versionIn(labels["app.kubernetes.io/version"]),
            tags: webhooks.filter((one) => one.revision === revision).map(({ tag }) => tag),
            stack: stacks.get(metadata?.namespace) ?? undefined,
        };
    });
    const ours = ["istio-system", "istio-ingress"].filter((name) => stacks.has(name));
    return { istios, namespaces: Object.fromEntries(ours.map((name) => [name, stacks.get(name) ?? null])) };
}

function versionIn(text = ""): string | undefined {
    return /\d+\.\d+\.\d+/.exec(text)?.[0];
}

/** Revision tags. A user who may not see them, who then names the revision itself, needs none. */
async function tagsOf(config: KubeConfig): Promise<{ tag: string; revision: string }[]> {
    try {
        const { items } = await config
            .makeApiClient(AdmissionregistrationV1Api)
            .listMutatingWebhookConfiguration({ labelSelector: "istio.io/tag" }, withTimeout());
        return items.map(({ metadata }) => ({
            tag: metadata?.labels?.["istio.io/tag"] ?? "",
            revision: metadata?.labels?.["istio.io/rev"] ?? "",
        }));
    } catch (error) {
        if ((error as { code?: number }).code === 403) return [];
        throw error;
    }
}
