import { setTimeout as after } from "node:timers/promises";
import { clusterDir, contextOf } from "../../cluster/embedded/layout";
import { kubeConfigOf } from "../../components/mesh/client";
import { ProxyAdmin } from "../../components/mesh/proxies/admin";
import { countersIn, statsPath } from "../../rollout/graph/counters";

/** Milliseconds for which counters may go on changing once nothing more is asked. */
const settleMs = 30_000;

/** The counters of one caller's proxy: what it has sent to each version of a service, copies included. */
export class ProxyCounters {
    private readonly admin: ProxyAdmin;

    /** @param pod `namespace/name` */
    constructor(
        cluster: string,
        pod: string,
        private readonly service: string,
    ) {
        const [namespace = "", name = ""] = pod.split("/");
        const config = kubeConfigOf({ kubeconfig: clusterDir(cluster, "kubeconfig"), context: contextOf(cluster) });
        this.admin = new ProxyAdmin(config, { namespace, pod: name });
    }

    /** Requests by version since the proxy started, once a second reading says the same: a copy's answer may come late. */
    async settled(): Promise<Record<string, number>> {
        const deadline = Date.now() + settleMs;
        let last = await this.read();
        for (;;) {
            await after(300);
            const now = await this.read();
            if (JSON.stringify(now) === JSON.stringify(last)) return now;
            if (Date.now() > deadline)
                throw new Error(`The proxy still counts after ${settleMs / 1000} s: ${JSON.stringify({ last, now })}`);
            last = now;
        }
    }

    close(): void {
        this.admin.close();
    }

    private async read(): Promise<Record<string, number>> {
        const counts: Record<string, number> = {};
        for (const { to, requests } of countersIn(await this.admin.get(statsPath)))
            if (to.service === this.service) counts[to.version] = (counts[to.version] ?? 0) + requests;
        return counts;
    }
}
