import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { Connection, type Method } from "./connection";

/** How long an API server may take to answer, in milliseconds, where nothing else is said. */
const defaultTimeoutMs = 30_000;

/** What is sent beside method and path. */
export interface Given {
    readonly body?: object;
    /** Default: application/json. */
    readonly type?: string;
    /** How long the answer may take, in milliseconds. Default 30,000. */
    readonly timeoutMs?: number | undefined;
}

/** What an API server answers where it does not do what it was asked. */
export class ApiError extends Error {
    /** @param code the HTTP status. */
    constructor(
        message: string,
        readonly code: number,
    ) {
        super(message);
    }
}

/**
 * An API server, asked by its own paths, as `kubectl get --raw` does. Of the Kubernetes client's classes for every kind nothing is used:
 * to load those four megabytes takes longer, at each start, than all that is asked here.
 */
export class Api {
    private readonly connection: Connection;

    constructor(config: KubeConfig) {
        this.connection = new Connection(config);
    }

    /** @throws an ApiError with the status where the server refuses; what is wrong, where it does not answer in time. */
    get<Answer>(path: string, given?: Given): Promise<Answer> {
        return this.ask<Answer>("GET", path, given);
    }

    /** @throws as `get` does */
    async ask<Answer>(
        method: Method,
        path: string,
        { body, type = "application/json", timeoutMs = defaultTimeoutMs }: Given = {},
    ): Promise<Answer> {
        const { code, text } = await this.connection.send({
            method,
            path,
            headers: { accept: "application/json", ...(body && { "content-type": type }) },
            body: body && JSON.stringify(body),
            timeoutMs,
        });
        if (code < 400) return JSON.parse(text) as Answer;
        throw new ApiError(`${method} ${path}: ${messageIn(text) || code}`, code);
    }

    /** The pods of all namespaces, or of one, with these labels. @throws as `get` does */
    async pods(namespace?: string, labels: Readonly<Record<string, string>> = {}): Promise<V1Pod[]> {
        const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
        const asked = selector.length > 0 ? `?labelSelector=${encodeURIComponent(selector.join(","))}` : "";
        const { items } = await this.get<{ items: V1Pod[] }>(`${pathTo("core", "v1", "pods", namespace)}${asked}`);
        return items;
    }

    /** One pod. @throws as `get` does */
    pod(namespace: string, name: string): Promise<V1Pod> {
        return this.get<V1Pod>(pathTo("core", "v1", "pods", namespace, name));
    }
}

/** Where a kind is asked for, or one object of it: `/apis/apps/v1/namespaces/shop/deployments/review`. @param group `core` for the nameless one */
export function pathTo(group: string, version: string, plural: string, namespace?: string, name?: string): string {
    const parts = [
        ...(group === "core" ? ["api"] : ["apis", group]),
        version,
        ...(namespace === undefined ? [] : ["namespaces", namespace]),
        plural,
        ...(name === undefined ? [] : [name]),
    ];
    return `/${parts.map(encodeURIComponent).join("/")}`;
}

/** What a Status says. */
function messageIn(text: string): string | undefined {
    try {
        return (JSON.parse(text) as { message?: string }).message;
    } catch {
        return text.trim();
    }
}
