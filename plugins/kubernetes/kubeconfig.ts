import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { ProviderConfig } from "./config";

export type { KubeConfig } from "@kubernetes/client-node/dist/config.js" with { "resolution-mode": "import" };
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js" with { "resolution-mode": "import" };

/**
 * Loads the kubeconfig that the provider is given: its contents or its path, else the files of $KUBECONFIG, else
 * ~/.kube/config; with the context and cluster that the provider names.
 *
 * @throws when the context is not in it, or the file cannot be read.
 */
export async function loadKubeConfig({
    kubeconfig,
    context,
    cluster,
}: Pick<ProviderConfig, "kubeconfig" | "context" | "cluster">): Promise<KubeConfig> {
    // Only the configuration's own module: the package's index loads a class for every kind, half a second of them.
    const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
    const config = new KubeConfig();
    const file = kubeconfig && expandHome(kubeconfig);
    if (!file) config.loadFromDefault();
    else if (isFile(file)) config.loadFromFile(file);
    else if (looksLikePath(file)) throw new Error(`kubeconfig: there is no file ${file}`);
    else config.loadFromString(file);
    if (context) {
        if (!config.getContextObject(context)) {
            throw new Error(
                `kubeconfig: there is no context "${context}"; it has ${
                    config
                        .getContexts()
                        .map(({ name }) => name)
                        .join(", ") || "none"
                }`,
            );
        }
        config.setCurrentContext(context);
    }
    if (cluster) {
        const current = config.getContextObject(config.getCurrentContext());
        if (!current || !config.getCluster(cluster)) throw new Error(`kubeconfig: there is no cluster "${cluster}"`);
        config.contexts = config.contexts.map((one) => (one === current ? { ...one, cluster } : one));
    }
    return config;
}

function expandHome(file: string): string {
    return file === "~" || file.startsWith("~/") ? path.join(os.homedir(), file.slice(1)) : file;
}

function isFile(text: string): boolean {
    return !text.includes("\n") && text.length < 4096 && fs.existsSync(text);
}

function looksLikePath(text: string): boolean {
    return !text.includes("\n") && !text.trimStart().startsWith("{");
}
