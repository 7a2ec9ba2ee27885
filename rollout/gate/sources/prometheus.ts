import type { Dispatcher } from "undici";
import { ProxyMetrics } from "../../../components/mesh/addons/queries";
import { UserError } from "../../../components/userError";
import type { CountSource, Reading } from "../counts";
import { askPrometheus, wordsOf } from "./askPrometheus";
import { gateQueries, type ServiceName } from "./queries";
import { readingOf, rowsIn, type Row } from "./rows";

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
    readonly headers?: Readonly<Record<string, string>>;
    /** By default undici's own: for another certificate, or the API server's. */
    readonly dispatcher?: Dispatcher;
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
        const counted = await this.ask(requests);
        const [first] = counted;
        if (!first) throw new Error(this.nothing(service, requests));
        const timed = this.args.latency === false ? [] : await this.ask(times, first.at);
        return readingOf(first.at, counted, timed);
    }

    /** @param at the instant, in seconds; by default Prometheus' own now. */
    private async ask(query: string, at?: number): Promise<Row[]> {
        const { url, headers, dispatcher } = this.args;
        try {
            const asked = { query, ...(at !== undefined && { time: `${at}` }) };
            const { status, text } = await askPrometheus(url, "query", asked, { headers, dispatcher });
            return rowsIn(status, text);
        } catch (error) {
            throw new UserError({
                what: `${this.name} gives no counts: ${wordsOf(error)}`,
                fix: `curl -fsS ${this.args.url}/-/ready`,
                cause: error,
            });
        }
    }

    private nothing({ name, namespace }: ServiceName, query: string): string {
        const curl = `curl -fsS ${this.args.url}/api/v1/query --data-urlencode 'query=${query}'`;
        return `${this.name} has no requests to ${name}.${namespace}: no proxy that calls it is scraped, or it has another kind of metrics than "${this.args.metrics}".\n  fix: ${curl}`;
    }
}
