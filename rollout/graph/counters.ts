/** A service in one of its versions, as a node of the traffic graph. */
export interface Workload {
    /** Empty for a host outside of the cluster. */
    readonly namespace: string;
    readonly service: string;
    /** Empty where a route names no version. */
    readonly version: string;
}

/** Requests that a proxy sent to one destination since it started. */
export interface Counter {
    readonly to: Workload;
    readonly requests: number;
    /** Those that were answered 5xx, by the destination or by the proxy in its place. */
    readonly failed: number;
}

/** What to ask Envoy for: requests by class of answer. */
export const statsPath = `/stats?format=json&filter=${encodeURIComponent("^cluster\\.outbound.*\\.upstream_rq_[1-5]xx$")}`;

/** Reads the answer of `statsPath`: one counter for each destination that was ever called. */
export function countersIn(stats: unknown): Counter[] {
    const counters = new Map<string, { to: Workload; requests: number; failed: number }>();
    for (const { name = "", value = 0 } of (stats as Stats).stats ?? []) {
        const found = nameOfCounter.exec(name);
        if (!found) continue;
        const [, subset = "", host = "", answered = ""] = found;
        const counter = counters.get(`${subset}|${host}`) ?? { to: workloadOf(host, subset), requests: 0, failed: 0 };
        counters.set(`${subset}|${host}`, counter);
        counter.requests += value;
        if (answered === "5xx") counter.failed += value;
    }
    return [...counters.values()];
}

/** What to ask Envoy for: requests that are under way; a stream or a connection is one for as long as it is open. */
export const openPath = `/stats?format=json&filter=${encodeURIComponent("^cluster\\.outbound.*\\.upstream_rq_active$")}`;

/** Reads the answer of `openPath`: one entry for each destination and port. */
export function openIn(stats: unknown): { to: Workload; open: number }[] {
    return ((stats as Stats).stats ?? []).flatMap(({ name = "", value = 0 }) => {
        const [, subset, host] = nameOfOpen.exec(name) ?? [];
        return host === undefined ? [] : [{ to: workloadOf(host, subset ?? ""), open: value }];
    });
}

const nameOfOpen =
    /^cluster\.outbound\|\d+\|([^|]*)\|([^;|]+?)(?<!\.(?:external|internal|canary));?\.upstream_rq_active$/;

/**
 * `cluster.outbound|80|v2|review.hands-on.svc.cluster.local;.upstream_rq_2xx`. Envoy counts by origin (`external`,
 * `internal`) and for canaries a second time.
 */
const nameOfCounter =
    /^cluster\.outbound\|\d+\|([^|]*)\|([^;|]+?)(?<!\.(?:external|internal|canary));?\.upstream_rq_([1-5]xx)$/;

/** Envoy's `/stats?format=json`, as far as it is read. */
interface Stats {
    stats?: { name?: string; value?: number }[];
}

function workloadOf(host: string, version: string): Workload {
    const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc\./.exec(host) ?? [];
    return service && namespace ? { namespace, service, version } : { namespace: "", service: host, version };
}
