import { kubeconfigText } from "./config";
import { isObject, plain, Unknown, type Properties, type Value } from "./values";

const clusterKeys = ["kubeconfig", "context", "cluster"];

/**
 * Compares two configurations of the provider. It is replaced, with everything that it made, only when it names another cluster:
 * another address, another authority. A kubeconfig that is merely written otherwise is no new cluster.
 */
export async function diffConfig(
    olds: Properties,
    news: Properties,
): Promise<{ changed: string[]; replaces: string[] }> {
    const [before, after] = [plain(olds), plain(news)];
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
        (key) => !isSame(before[key], after[key]),
    );
    // What is not known yet may be another cluster.
    const unsure = clusterKeys.filter((key) => after[key] instanceof Unknown);
    if (unsure.length) return { changed: unsure, replaces: unsure };
    const suspects = clusterKeys.filter((key) => changed.includes(key));
    if (!suspects.length) return { changed, replaces: [] };
    const [oldCluster, newCluster] = await Promise.all([clusterOf(before), clusterOf(after)]);
    return { changed, replaces: oldCluster && newCluster && oldCluster !== newCluster ? suspects : [] };
}

/** What identifies the cluster that a configuration means, as text to compare; undefined when it cannot be told. */
async function clusterOf(config: Properties): Promise<string | undefined> {
    const text = (key: string): string | undefined => (typeof config[key] === "string" ? config[key] : undefined);
    try {
        const { kubeConfigOf } = await import("../../components/mesh/client");
        const kubeConfig = kubeConfigOf({
            kubeconfig: kubeconfigText(config.kubeconfig),
            context: text("context"),
            cluster: text("cluster"),
        });
        return JSON.stringify(kubeConfig.getCurrentCluster());
    } catch {
        return undefined;
    }
}

function isSame(one: Value | undefined, other: Value | undefined): boolean {
    return (
        !(other instanceof Unknown) &&
        JSON.stringify(one) === JSON.stringify(other) &&
        isObject(one) === isObject(other)
    );
}
