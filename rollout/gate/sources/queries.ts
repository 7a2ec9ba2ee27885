import { ProxyMetrics } from "../../../components/mesh/addons/queries";

/** A Kubernetes Service. */
export interface ServiceName {
    readonly name: string;
    readonly namespace: string;
}

/** PromQL for the counters themselves: no `rate()` and no `increase()`, which extrapolate. */
export interface GateQueries {
    /** Requests by caller, version and kind of answer. */
    readonly requests: string;
    /** Requests by caller, version and how long they took (`le`, milliseconds, cumulative). */
    readonly times: string;
}

/** What tells a proxy from every other; a Prometheus has at least the first two. */
export const callerLabels = ["job", "instance", "namespace", "pod"] as const;

/**
 * The counters of all callers of a service, in the form that their proxies have.
 *
 * - *Envoy's own*, by destination cluster `outbound|80|v2|review.shop.svc.cluster.local`: the subset is in its name, so a
 *   failure without any endpoint is known to be v2's.
 * - *Istio's*, as the caller's proxy reports (`reporter="source"`): a server's never has the failures of a switch. Where
 *   no endpoint was left, `destination_version` is `unknown`, and the failure is nobody's.
 */
export function gateQueries(metrics: ProxyMetrics, service: ServiceName): GateQueries {
    const { requests, times, labels, matchers } = forms[metrics];
    const by = (counter: string, more: readonly string[], also: string): string =>
        `sum by (${[...callerLabels, ...more].join(", ")}) (${counter}{${matchers(service)}${also}})`;
    return {
        requests: by(requests, labels, metrics === ProxyMetrics.Envoy ? `,response_code_class!=""` : ""),
        times: by(times, [...labels.slice(0, 1), "le"], ""),
    };
}

const forms = {
    [ProxyMetrics.Envoy]: {
        requests: "envoy_cluster_upstream_rq",
        times: "envoy_cluster_upstream_rq_time_bucket",
        labels: ["cluster_name", "response_code_class"],
        // Marks in brackets, because PromQL's texts have escapes of their own.
        matchers: ({ name, namespace }: ServiceName): string =>
            `cluster_name=~"outbound[|][0-9]+[|][^|]*[|]${name}[.]${namespace}[.]svc[.].*"`,
    },
    [ProxyMetrics.Istio]: {
        requests: "istio_requests_total",
        times: "istio_request_duration_milliseconds_bucket",
        labels: ["destination_version", "response_code", "grpc_response_status"],
        matchers: ({ name, namespace }: ServiceName): string =>
            `reporter="source",destination_service_name="${name}",destination_service_namespace="${namespace}"`,
    },
} as const;
