import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { Api, ApiError } from "../api";
import { type ClusterAccess, kubeConfigOf } from "../client";
import type { Admin } from "./admin";
import { adminOf } from "./keptAdmin";
import { shared } from "./shared";

/**
 * The proxies of a cluster while somebody waits for them. All who wait at the same time share its connections and readings: of a
 * deployment of many services each would else ask each proxy by itself for the routes of all.
 */
export class Callers {
    private static readonly open = new Map<string, Callers>();
    private readonly config: KubeConfig;
    private readonly api: Api;
    private readonly proxies = new Map<string, CallerProxy>();
    private users = 0;
    private closing?: NodeJS.Timeout;

    private constructor(access: ClusterAccess) {
        this.config = kubeConfigOf(access);
        this.api = new Api(this.config);
    }

    /**
     * Does something with them. Connections are closed when nobody waits any more.
     *
     * @param lingerMs how long they stay open for whoever comes next, where it went well, in milliseconds. Default: not at all.
     */
    static async during<T>(
        { kubeconfig, context, cluster }: ClusterAccess,
        act: (callers: Callers) => Promise<T>,
        lingerMs = 0,
    ): Promise<T> {
        const key = JSON.stringify([kubeconfig, context, cluster]);
        const callers = Callers.open.get(key) ?? new Callers({ kubeconfig, context, cluster });
        Callers.open.set(key, callers);
        callers.users++;
        clearTimeout(callers.closing);
        const left = (openMs: number): void => {
            if (--callers.users > 0) return;
            const close = (): void => {
                Callers.open.delete(key);
                for (const proxy of callers.proxies.values()) proxy.close();
            };
            if (openMs === 0) close();
            else callers.closing = setTimeout(close, openMs);
        };
        try {
            const done = await act(callers);
            left(lingerMs);
            return done;
        } catch (error) {
            left(0);
            throw error;
        }
    }

    /** All pods of the cluster. @throws when they can't be read */
    readonly pods = shared(() => this.api.pods());

    /** A pod as it is now; undefined where it is no more. @throws when it can't be read */
    async pod({ metadata }: V1Pod): Promise<V1Pod | undefined> {
        try {
            return await this.api.pod(metadata?.namespace ?? "", metadata?.name ?? "");
        } catch (error) {
            if (error instanceof ApiError && error.code === 404) return undefined;
            throw error;
        }
    }

    /** The proxy of a pod. */
    proxyOf(pod: V1Pod): CallerProxy {
        const { namespace = "", name = "" } = pod.metadata ?? {};
        const proxy =
            this.proxies.get(idOf(pod)) ?? new CallerProxy(() => adminOf(this.config, { namespace, pod: name }));
        this.proxies.set(idOf(pod), proxy);
        return proxy;
    }

    /** Whether the proxy of a pod was asked for, and so has its connection, or is about to. */
    isKnown(pod: V1Pod): boolean {
        return this.proxies.has(idOf(pod));
    }
}

/** Another pod of the same name is another one. */
function idOf({ metadata: { namespace, name, uid } = {} }: V1Pod): string {
    return `${namespace}/${name} ${uid}`;
}

/** A caller's proxy, asked over one connection. */
export class CallerProxy {
    private admin: Admin;
    private read?: { readonly stamp: string; readonly dump: unknown };

    /** @param connect makes a connection; it is called again when one has failed. */
    constructor(private readonly connect: () => Admin) {
        this.admin = connect();
    }

    /**
     * Its routes, as Envoy's `/config_dump` has them: the same object until they change. They are the routes of all services that it
     * knows, and much to write, send and read; so it is first asked whether they are still of the same time.
     *
     * @throws when the pod is gone or its proxy does not answer.
     */
    readonly routes = shared(async (): Promise<unknown> => {
        const stamp = JSON.stringify(await this.get(`${routesPath}&mask=version_info,last_updated`));
        // Asked for after its stamp: what is newer than that is read once more, and never missed.
        if (this.read?.stamp !== stamp) this.read = { stamp, dump: await this.get(routesPath) };
        return this.read.dump;
    });

    /** What it knows of the pods of a host. @throws as `routes` does */
    endpoints(host: string): Promise<unknown> {
        return this.get(`/clusters?format=json&filter=${encodeURIComponent(`\\|${host}$`)}`);
    }

    close(): void {
        this.admin.close();
    }

    private async get(path: string): Promise<unknown> {
        const { admin } = this;
        try {
            return await admin.get(path);
        } catch (error) {
            // Of several whose questions failed with it one makes another.
            if (this.admin === admin) {
                admin.close();
                this.admin = this.connect();
            }
            throw error;
        }
    }
}

const routesPath = "/config_dump?resource=dynamic_route_configs";
