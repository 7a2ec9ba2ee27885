import { z } from "zod";
import { countersIn, openIn, openPath, statsPath } from "../../graph/counters";
import type { CallerCounts, CountSource, Reading, VersionCounts } from "../counts";
import type { ServiceName } from "./queries";
import { UserError } from "../../../components/userError";

/** A proxy that may call the service. */
export interface CallerProxy {
    /** Tells it from every other, and from an earlier one of its name. */
    readonly id: string;
    /**
     * Asks Envoy's administration interface.
     *
     * @returns undefined where the pod has gone since it was listed.
     * @throws where the proxy is there and does not answer.
     */
    get(path: string): Promise<unknown>;
}

/**
 * Counts from the proxies themselves, where there is no Prometheus: every caller is asked at once, so a window may be as
 * short as Envoy's own, which adds to its histograms every five seconds.
 */
export class ProxyCounts implements CountSource {
    readonly name = "the callers' proxies";
    readonly resolution = 5;

    /** @param callers lists the proxies that there are now. @param latency whether to read the histograms too. */
    constructor(
        private readonly callers: () => Promise<readonly CallerProxy[]>,
        private readonly latency = true,
    ) {}

    async read(service: ServiceName): Promise<Reading> {
        const proxies = await this.callers();
        const at = performance.now() / 1000;
        const all = await Promise.all(proxies.map((proxy) => this.countsOf(proxy, service)));
        const callers = all.filter((one) => one !== undefined);
        if (callers.some(({ versions }) => Object.keys(versions).length > 0)) return { at, callers };
        throw new UserError({
            what: `No proxy has counted a request to ${service.name}.${service.namespace}: none calls it, or none counts per destination.`,
            fix: "npx upshift graph",
        });
    }

    /** Requests to a service that are under way, by version. @throws where a proxy does not answer */
    async open({ name, namespace }: ServiceName): Promise<Record<string, number>> {
        const all = await Promise.all((await this.callers()).map((proxy) => proxy.get(openPath)));
        const sums: Record<string, number> = {};
        for (const { to, open } of all.flatMap((stats) => (stats === undefined ? [] : openIn(stats))))
            if (to.service === name && to.namespace === namespace) sums[to.version] = (sums[to.version] ?? 0) + open;
        return sums;
    }

    /** @returns no version for a proxy that has not called the service yet, undefined for one that has gone. */
    private async countsOf(proxy: CallerProxy, service: ServiceName): Promise<CallerCounts | undefined> {
        const stats = await proxy.get(statsPath);
        if (stats === undefined) return undefined;
        const own = countersIn(stats).filter(
            ({ to }) => to.service === service.name && to.namespace === service.namespace,
        );
        const times = this.latency && own.length > 0 ? timesIn(await proxy.get(histogramPath(service))) : new Map();
        const versions = own.map(({ to: { version }, requests, failed }): [string, VersionCounts] => {
            const timed = times.get(version) as ReadonlyMap<number, number> | undefined;
            return [version, { requests, failed, ...(timed && { timed }) }];
        });
        return { caller: proxy.id, versions: Object.fromEntries(versions) };
    }
}

/** What to ask Envoy for: how long requests to a service took. */
function histogramPath({ name, namespace }: ServiceName): string {
    const cluster = `^cluster\\.outbound\\|[0-9]+\\|[^|]*\\|${name}\\.${namespace}\\.svc\\.[^;]*;?\\.upstream_rq_time$`;
    return `/stats?format=json&histogram_buckets=cumulative&filter=${encodeURIComponent(cluster)}`;
}

/** The version, in the name of a histogram of the cluster itself; Envoy has a second one by origin (`external`). */
const nameOfHistogram =
    /^cluster\.outbound\|\d+\|([^|]*)\|[^|;]+(?<!\.(?:external|internal|canary));?\.upstream_rq_time$/;

/** Reads the answer of `histogramPath`: requests by version that took no longer than an edge, `Infinity` for all. */
export function timesIn(answer: unknown): Map<string, Map<number, number>> {
    const { success, data } = histograms.safeParse(answer);
    if (!success && answer !== undefined) throw new Error("A proxy's histograms are not as Envoy writes them.");
    const versions = new Map<string, Map<number, number>>();
    for (const { name, buckets } of data?.stats.flatMap((stat) => stat.histograms ?? []) ?? []) {
        const [, version] = nameOfHistogram.exec(name) ?? [];
        if (version === undefined) continue;
        const timed = versions.get(version) ?? new Map<number, number>();
        versions.set(version, timed);
        const add = (edge: number, count: number): unknown => timed.set(edge, (timed.get(edge) ?? 0) + count);
        for (const { upper_bound: edge, cumulative } of buckets) add(edge, cumulative);
        // The last edge is an hour; no request takes longer.
        add(Infinity, buckets.at(-1)?.cumulative ?? 0);
    }
    return versions;
}

/** Envoy's `/stats?format=json&histogram_buckets=cumulative`, as far as it is read. */
const histograms = z.object({
    stats: z.array(
        z.object({
            histograms: z
                .array(
                    z.object({
                        name: z.string(),
                        buckets: z.array(z.object({ upper_bound: z.number(), cumulative: z.number() })),
                    }),
                )
                .optional(),
        }),
    ),
});
