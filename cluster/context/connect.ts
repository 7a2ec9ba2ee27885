import { KubeConfig, VersionApi } from "@kubernetes/client-node";

/** A cluster that answers. */
export interface Connection {
    readonly config: KubeConfig;
    /** Kubernetes' version, such as `1.35.5`. */
    readonly version: string;
    /** The API server's address. */
    readonly server: string;
}

/** Milliseconds in which an API server must answer. */
export const timeoutMs = 10_000;

/** For single requests: as long as that, and no longer. */
export const withTimeout = (): object => ({ middleware: [], signal: AbortSignal.timeout(timeoutMs) });

/** @throws when the API server does not answer, or does not know the user; the message says which */
export async function connect(kubeconfig: string, context: string): Promise<Connection> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    config.setCurrentContext(context);
    const server = config.getCurrentCluster()?.server;
    if (!server)
        throw new Error(`The context ${context} in ${kubeconfig} names a cluster that the file does not have.`);
    try {
        const { gitVersion } = await config.makeApiClient(VersionApi).getCode(withTimeout());
        return { config, server, version: /\d+\.\d+\.\d+/.exec(gitVersion)?.[0] ?? gitVersion };
    } catch (error) {
        throw new Error(why(error, server), { cause: error });
    }
}

function why(error: unknown, server: string): string {
    const { code } = error as { code?: number | string };
    if (code === 401)
        return `The API server ${server} does not know this user (401): the credentials are wrong or too old.`;
    if (code === 403) return `The API server ${server} lets this user ask nothing (403).`;
    return `The API server ${server} does not answer: ${rootOf(error)}.`;
}

/** What was wrong at the bottom: `fetch failed` says nothing. */
function rootOf(error: unknown): string {
    let inner = error as Error & { cause?: unknown };
    while (inner.cause instanceof Error) inner = inner.cause;
    if (inner.name === "TimeoutError" || inner.name === "AbortError") return `nothing for ${timeoutMs / 1000} s`;
    return inner.message;
}
