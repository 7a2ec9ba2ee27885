/** Which metrics the mesh's proxies have. As plain text, so that programs of other languages can give it. */
export enum ProxyMetrics {
    /** Istio's own proxies: `istio_requests_total`. */
    Istio = "istio",
    /** Upstream Envoy, as in the embedded cluster: what it counts for each destination cluster. */
    Envoy = "envoy",
}

/** The labels of every answer, whichever metrics it is read from. */
const destination = ["destination", "destination_version", "destination_namespace"] as const;
const source = ["source", "source_version", "source_namespace"] as const;

/** What goes to it is the mesh's own (traces, and what people look at), and no traffic of a system. */
const meshNamespace = "istio-system";

/**
 * PromQL for the requests of each edge of the traffic graph within a window, as callers saw them: labels `source`,
 * `source_version`, `source_namespace`, `destination`, `destination_version`, `destination_namespace` and `class` (`2xx`).
 *
 * @param seconds how far back: four scrapes or more, so that one that was missed does not matter.
 */
export function edgesQuery(metrics: ProxyMetrics, seconds: number): string {
    const { requests, labels } = sources[metrics];
    const counted = labelled(`increase(${requests}[${seconds}s])`, labels);
    return `sum by (${[...source, ...destination, "class"].join(", ")}) (${counted}) > 0`;
}

/**
 * PromQL for a quantile of how long requests took, in milliseconds, for each version of each service as its callers saw it.
 *
 * @param quantile from 0 to 1: 0.99.
 */
export function latencyQuery(metrics: ProxyMetrics, quantile: number, seconds: number): string {
    const { latency, labels } = sources[metrics];
    const counted = labelled(`rate(${latency}[${seconds}s])`, labels);
    return `histogram_quantile(${quantile}, sum by (${["le", ...destination].join(", ")}) (${counted}))`;
}

/** PromQL for the percentage of requests to each version of each service that were not answered 5xx. */
export function successQuery(metrics: ProxyMetrics, seconds: number): string {
    const { requests, failed, labels } = sources[metrics];
    const [all, bad] = [requests, failed].map(
        (counter) => `sum by (${destination.join(", ")}) (${labelled(`increase(${counter}[${seconds}s])`, labels)})`,
    );
    // Where nothing failed yet, there is no counter of failures.
    return `100 * (1 - (${bad} or 0 * ${all}) / (${all} > 0))`;
}

/** The names of metrics that the queries read, as a regular expression: whatever else proxies have need not be kept. */
export const wantedMetrics =
    "envoy_cluster_upstream_rq(_time_(bucket|sum|count))?|istio_.*|pilot_(xds|proxy_convergence_time).*|up";

interface MetricSource {
    /** Counters of requests, all and those that were answered 5xx, and the buckets of a histogram of milliseconds. */
    readonly requests: string;
    readonly failed: string;
    readonly latency: string;
    /** How our labels are made: target, source label, regular expression, replacement. */
    readonly labels: readonly (readonly [string, string, string, string])[];
}

/** `outbound|80|v2|review.hands-on.svc.cluster.local`; marks in brackets, because PromQL's texts have escapes of their own. */
const outbound = "outbound[|][0-9]+[|]([^|]*)[|]([^.]+)[.]([^.]+)[.]svc[.].*";
const ownTraffic = `cluster_name=~"outbound.*",cluster_name!~".*[.]${meshNamespace}[.]svc[.].*"`;
const asCaller = `reporter="source",destination_service_namespace!="${meshNamespace}"`;

const sources: Readonly<Record<ProxyMetrics, MetricSource>> = {
    [ProxyMetrics.Envoy]: {
        requests: `envoy_cluster_upstream_rq{response_code_class!="",${ownTraffic}}`,
        failed: `envoy_cluster_upstream_rq{response_code_class="5xx",${ownTraffic}}`,
        latency: `envoy_cluster_upstream_rq_time_bucket{${ownTraffic}}`,
        labels: [
            ["destination", "cluster_name", outbound, "$2"],
            ["destination_version", "cluster_name", outbound, "$1"],
            ["destination_namespace", "cluster_name", outbound, "$3"],
            // The caller is the pod that was scraped.
            ["source", "app", "(.*)", "$1"],
            ["source_version", "version", "(.*)", "$1"],
            ["source_namespace", "namespace", "(.*)", "$1"],
            ["class", "response_code_class", "(.*)", "$1"],
        ],
    },
    [ProxyMetrics.Istio]: {
        requests: `istio_requests_total{${asCaller}}`,
        failed: `istio_requests_total{response_code=~"5..",${asCaller}}`,
        latency: `istio_request_duration_milliseconds_bucket{${asCaller}}`,
        labels: [
            ["destination", "destination_service_name", "(.*)", "$1"],
            ["destination_namespace", "destination_service_namespace", "(.*)", "$1"],
            ["source", "source_app", "(.*)", "$1"],
            ["source_namespace", "source_workload_namespace", "(.*)", "$1"],
            ["class", "response_code", "(.).*", "${1}xx"],
        ],
    },
};

function labelled(vector: string, labels: MetricSource["labels"]): string {
    return labels.reduce(
        (inner, [target, from, pattern, replacement]) =>
            `label_replace(${inner}, "${target}", "${replacement}", "${from}", "${pattern}")`,
        vector,
    );
}
