import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { Api } from "../../../components/mesh/api";
import { kubeConfigOf } from "../../../components/mesh/client";
import { hasProxy } from "../../../components/mesh/convergence";
import { ProxyAdmin } from "../../../components/mesh/proxies/admin";
import type { MeshAccess } from "../../../components/split/meshAccess";
import type { CallerProxy } from "./proxies";
import { UserError } from "../../../components/userError";

/** Every proxy of a mesh, each by one connection that stays open between two readings. */
export class MeshCallers {
    private readonly admins = new Map<string, ProxyAdmin>();
    private readonly config;
    private readonly api: Api;

    constructor(mesh: MeshAccess) {
        this.config = kubeConfigOf(mesh);
        this.api = new Api(this.config);
    }

    /** @throws when the cluster does not answer. */
    async list(): Promise<CallerProxy[]> {
        const pods = await this.api.pods();
        const callers = pods.filter(hasProxy).map((pod) => this.callerOf(pod));
        const present = new Set(callers.map(({ id }) => id));
        for (const [id, admin] of this.admins) {
            if (present.has(id)) continue;
            admin.close();
            this.admins.delete(id);
        }
        return callers;
    }

    close(): void {
        this.admins.forEach((admin) => admin.close());
        this.admins.clear();
    }

    private callerOf({ metadata }: V1Pod): CallerProxy {
        const { name = "", namespace = "", uid = "" } = metadata ?? {};
        const id = `${name}.${namespace} ${uid}`;
        const admin = this.admins.get(id) ?? new ProxyAdmin(this.config, { namespace, pod: name });
        this.admins.set(id, admin);
        return { id, get: (path) => this.ask(admin, path, { name, namespace, uid }) };
    }

    private async ask(
        admin: ProxyAdmin,
        path: string,
        { name, namespace, uid }: { name: string; namespace: string; uid: string },
    ): Promise<unknown> {
        try {
            return await admin.get(path);
        } catch (error) {
            const now = await this.api.pod(namespace, name).catch(() => undefined);
            if (!now || now.metadata?.uid !== uid || !hasProxy(now)) return undefined;
            throw new UserError({
                what: `The proxy of ${name}.${namespace} does not answer: ${(error as Error).message}`,
                fix: `kubectl get pod --namespace ${namespace} ${name}`,
                cause: error,
            });
        }
    }
}
