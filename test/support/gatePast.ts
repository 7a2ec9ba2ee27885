import { binomial, random } from "./gateTraffic";

/** What two callers' proxies have counted, scrape by scrape. */
export interface ScrapedPast {
    /** The last scrape, in seconds since 1970. */
    readonly until: number;
    readonly scrapeSeconds: number;
    readonly hours: number;
    /** Requests in all, between two scrapes. */
    readonly rate: (hour: number) => number;
    /** The share of them that fails. */
    readonly failing: (hour: number) => number;
    /** How many fail at once. Default: each by itself. */
    readonly burst?: number;
    readonly metrics?: "envoy" | "istio";
    readonly version?: string;
    /** Whom the callers ask. Default: review. */
    readonly service?: string;
    /** Hours at which nothing was scraped. */
    readonly isMissing?: (hour: number) => boolean;
    /** The hour at which the second caller is started anew. */
    readonly restartsAt?: number;
}

type Lines = Readonly<Record<"requests" | "times", readonly string[]>>;

/** The same as OpenMetrics with times, which promtool makes blocks of; and what was counted from the first scrape on. */
export function scraped(past: ScrapedPast): { text: string; requests: number; failed: number } {
    const { lines, ...counted } = scrapes(past);
    return { text: inOrder(lines, past), ...counted };
}

/** The text of several services' pasts, of the same metrics. */
export function scrapedTogether(pasts: readonly ScrapedPast[]): string {
    const all = pasts.map((past) => scrapes(past).lines);
    const lines = { requests: all.flatMap(({ requests }) => requests), times: all.flatMap(({ times }) => times) };
    return inOrder(lines, pasts[0] ?? {});
}

function scrapes(past: ScrapedPast): { lines: Lines; requests: number; failed: number } {
    const { until, scrapeSeconds, hours, rate, failing, burst = 1, restartsAt = Infinity } = past;
    const next = random(2026);
    const lines: Readonly<Record<"requests" | "times", string[]>> = { requests: [], times: [] };
    const callers = ["edge", "product"].map((name) => ({ name, ok: 1000, failed: 10, fast: 900 }));
    const last = Math.round((hours * 3600) / scrapeSeconds);
    let [requests, failed] = [0, 0];
    const scrape = (index: number): void => {
        const at = until - (last - index) * scrapeSeconds;
        const hour = (index * scrapeSeconds) / 3600;
        if (past.isMissing?.(hour)) return;
        for (const caller of callers) for (const [name, own] of linesOf(caller, past)) lines[name].push(`${own} ${at}`);
    };
    scrape(0);
    for (let index = 1; index <= last; index++) {
        const hour = (index * scrapeSeconds) / 3600;
        for (const [position, caller] of callers.entries()) {
            // The edge sends three of four.
            const sent = Math.round(rate(hour) * (position === 0 ? 0.75 : 0.25));
            const bad = Math.min(sent, burst * binomial(sent, failing(hour) / burst, next));
            const isNew = position === 1 && index === Math.round((restartsAt * 3600) / scrapeSeconds);
            if (isNew) Object.assign(caller, { ok: 0, failed: 0, fast: 0 });
            caller.ok += sent - bad;
            caller.failed += bad;
            caller.fast += binomial(sent, 0.9, next);
            requests += sent;
            failed += bad;
        }
        scrape(index);
    }
    return { lines, requests, failed };
}

function linesOf(
    { name, ok, failed, fast }: { name: string; ok: number; failed: number; fast: number },
    { metrics = "envoy", version = "v1", service = "review" }: ScrapedPast,
): ["requests" | "times", string][] {
    const caller = `job="mesh",instance="${name}:15090",namespace="shop",pod="${name}"`;
    const to =
        metrics === "envoy"
            ? `cluster_name="outbound|80|${version}|${service}.hands-on.svc.cluster.local",${caller}`
            : `reporter="source",destination_service_name="${service}",destination_service_namespace="hands-on",destination_version="${version}",${caller}`;
    const kind = (code: string): string =>
        metrics === "envoy" ? `response_code_class="${code[0] ?? ""}xx"` : `response_code="${code}"`;
    const { counter, bucket } = names[metrics];
    return [
        ["requests", `${counter}{${kind("200")},${to}} ${ok}`],
        ["requests", `${counter}{${kind("503")},${to}} ${failed}`],
        ["times", `${bucket}{le="100",${to}} ${fast}`],
        ["times", `${bucket}{le="+Inf",${to}} ${ok + failed}`],
    ];
}

const names = {
    envoy: { counter: "envoy_cluster_upstream_rq", bucket: "envoy_cluster_upstream_rq_time_bucket" },
    istio: { counter: "istio_requests_total", bucket: "istio_request_duration_milliseconds_bucket" },
};

/** OpenMetrics has all lines of a metric together. */
function inOrder(lines: Lines, { metrics = "envoy" }: Pick<ScrapedPast, "metrics">): string {
    const { counter, bucket } = names[metrics];
    // promtool asks for no more than a type that fits any name.
    return [
        `# TYPE ${counter} unknown`,
        ...lines.requests,
        `# TYPE ${bucket} unknown`,
        ...lines.times,
        "# EOF",
        "",
    ].join("\n");
}
