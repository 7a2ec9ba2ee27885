import type { Dispatcher } from "undici";
import { ProxyMetrics } from "../../../components/mesh/addons/queries";
import { UserError } from "../../../components/userError";
import type { CountSource, Reading, VersionCounts } from "../counts";
import { pastOf } from "../past";
import { windowSeconds } from "../windows";
import { askPrometheus, wordsOf } from "./askPrometheus";
import { gateQueries, type ServiceName } from "./queries";
import { readingOf, type Row, rowsByInstant, rowsIn } from "./rows";

/** A Prometheus that scrapes the callers' proxies. */
export interface PrometheusArgs {
    /** Where it answers, with the path before `/api/v1` if there is one: `http://127.0.0.1:9090`. */
    readonly url: string;
    /** Which metrics the proxies have. */
    readonly metrics: ProxyMetrics;
    /** Seconds between two scrapes of a proxy. */
    readonly scrapeSeconds: number;
    /** Whether to read the histograms too. True by default. */
    readonly latency?: boolean;
    /** Versions by what Istio's metrics call them, where that is another name (see `metricNames`). */
    readonly named?: ReadonlyMap<string, string> | undefined;
    readonly headers?: Readonly<Record<string, string>>;
    /** By default undici's own: for another certificate, or the API server's. */
    readonly dispatcher?: Dispatcher;
}

/** Of 50 proxies with twenty edges each a megabyte or two. */
const instantsAtOnce = 120;

/** Instants of the past, in seconds since 1970. */
export interface Stretch {
    readonly from: number;
    /** The last one, or the one that is less than a step before it. */
    readonly until: number;
    /** From one instant to the next. */
    readonly seconds: number;
}

/**
 * Counts by way of Prometheus: the last scrape of every proxy that calls the service.
 *
 * It has to be the one that scrapes. Copies of several that nobody has merged count every request more than once.
 */
export class PrometheusCounts implements CountSource {
    readonly name: string;
    readonly resolution: number;

    constructor(private readonly args: PrometheusArgs) {
        this.name = `Prometheus at ${args.url}`;
        this.resolution = 2 * args.scrapeSeconds;
    }

    async read(service: ServiceName): Promise<Reading> {
        const { requests, times } = gateQueries(this.args.metrics, service);
        const counted = await this.askAt(requests);
        const [first] = counted;
        if (!first) throw new Error(this.nothing(service));
        const timed = this.args.latency === false ? [] : await this.askAt(times, first.at);
        return readingOf(first.at, counted, timed, this.args.named);
    }

    /**
     * What `read` would have given at instants of the past, the oldest first. Those at which there was nothing are left out.
     *
     * @throws where Prometheus does not answer.
     */
    async *readPast(service: ServiceName, { from, until, seconds }: Stretch): AsyncGenerator<Reading> {
        const { requests, times } = gateQueries(this.args.metrics, service);
        for (let start = from; start <= until; start += instantsAtOnce * seconds) {
            const end = Math.min(until, start + (instantsAtOnce - 1) * seconds);
            const range = { start: `${start}`, end: `${end}`, step: `${seconds}` };
            const counted = await this.askRange(requests, range);
            const timed = this.args.latency === false ? undefined : await this.askRange(times, range);
            for (const [at, rows] of counted) yield readingOf(at, rows, timed?.get(at) ?? [], this.args.named);
        }
    }

    async past(service: ServiceName, version: string, seconds: number): Promise<VersionCounts[]> {
        const until = Date.now() / 1000;
        const stretch = { from: until - seconds, until, seconds: windowSeconds(this) };
        const { windows } = await pastOf(this.readPast(service, stretch), version);
        return windows.map(({ counts }) => counts);
    }

    /** @param at the instant, in seconds; by default Prometheus' own now. */
    private askAt(query: string, at?: number): Promise<Row[]> {
        return this.ask("query", { query, ...(at !== undefined && { time: `${at}` }) }, rowsIn);
    }

    /** The past has no next look that would wait for it, and its answers are long. */
    private askRange(query: string, range: Readonly<Record<string, string>>): Promise<Map<number, Row[]>> {
        return this.ask("query_range", { query, ...range }, rowsByInstant, 60_000);
    }

    private async ask<Answer>(
        what: "query" | "query_range",
        asked: Readonly<Record<string, string>>,
        read: (status: number, text: string) => Answer,
        timeoutMs?: number,
    ): Promise<Answer> {
        const { url, headers, dispatcher } = this.args;
        try {
            const { status, text } = await askPrometheus(url, what, asked, { headers, dispatcher, timeoutMs });
            return read(status, text);
        } catch (error) {
            throw new UserError({
                what: `${this.name} gives no counts: ${wordsOf(error, timeoutMs)}`,
                fix: `curl -fsS ${this.args.url}/-/ready`,
                cause: error,
            });
        }
    }

    /** That it has counted nothing, and how to look. */
    nothing({ name, namespace }: ServiceName): string {
        const { requests } = gateQueries(this.args.metrics, { name, namespace });
        const curl = `curl -fsS ${this.args.url}/api/v1/query --data-urlencode 'query=${requests}'`;
        return `${this.name} has no requests to ${name}.${namespace}: no proxy that calls it is scraped, or it has another kind of metrics than "${this.args.metrics}".\n  fix: ${curl}`;
    }
}

/**
 * The Prometheus of a release's settings.
 *
 * @param latency whether to read the histograms too.
 * @param named versions by what Istio's metrics call them.
 */
export function prometheusCounts(
    { url, metrics, scrapeSeconds }: { url: string; metrics: "istio" | "envoy"; scrapeSeconds: number },
    latency: boolean,
    named?: ReadonlyMap<string, string>,
): PrometheusCounts {
    const kind = metrics === "envoy" ? ProxyMetrics.Envoy : ProxyMetrics.Istio;
    return new PrometheusCounts({ url, metrics: kind, scrapeSeconds, latency, named });
}
