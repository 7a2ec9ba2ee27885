import { Watch } from "@kubernetes/client-node/dist/watch.js";
import { type ClusterAccess, kubeConfigOf } from "../../components/mesh/client";
import { Connection } from "../../components/mesh/connection";
import { ApiError, UnreachableError } from "./errors";

/** An API server, as the provider reaches it. */
export class ProviderConnection extends Connection {
    /** @throws when the kubeconfig can't be read, or has no such context or cluster */
    constructor(access: ClusterAccess) {
        super(kubeConfigOf(access));
    }

    /** The address of the API server. @throws UnreachableError where the kubeconfig names none */
    override get server(): URL {
        try {
            return super.server;
        } catch (error) {
            throw new UnreachableError("no cluster", error);
        }
    }

    /** The namespace that the context names, or `default`. */
    get namespace(): string {
        return this.kubeConfig.getContextObject(this.kubeConfig.getCurrentContext())?.namespace || "default";
    }

    /**
     * Watches until the server ends the stream or the signal fires.
     *
     * @throws ApiError when the server does not let this user watch; what broke the stream otherwise
     */
    watch(
        path: string,
        query: Readonly<Record<string, string>>,
        onEvent: (type: string, object: unknown) => void,
        signal: AbortSignal,
    ): Promise<void> {
        return new Promise((resolve, reject) => {
            signal.addEventListener("abort", () => resolve(), { once: true });
            const done = (error: unknown): void => {
                if (!error || signal.aborted) resolve();
                else reject(asApiError(error, path));
            };
            const tell = (type: string, object: unknown): void => {
                if (!signal.aborted) onEvent(type, object);
            };
            const end = (watching: AbortController): void => {
                if (signal.aborted) watching.abort();
                else signal.addEventListener("abort", () => watching.abort(), { once: true });
            };
            new Watch(this.kubeConfig).watch(path, query, tell, done).then(end, done);
        });
    }
}

function asApiError(error: unknown, path: string): Error {
    const { statusCode } = error as { statusCode?: number };
    return statusCode === undefined
        ? (error as Error)
        : new ApiError(statusCode, "", `${(error as Error).message}: watch ${path}`);
}
