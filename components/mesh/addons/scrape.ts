import { stringify } from "yaml";
import { wantedMetrics } from "./queries";

/** Seconds between two readings of a proxy. */
export const scrapeSeconds = 5;

/**
 * Prometheus' configuration: the pods of some namespaces that are annotated for it, as Istio annotates every pod with a
 * proxy (port 15020, which mutual TLS does not cover), and of their metrics those that somebody reads.
 *
 * @param discovery where to ask for the pods, for a Prometheus that can't ask the API server; see `demo observe`.
 */
export function scrapeConfig(namespaces: readonly string[], discovery?: string): string {
    const annotation = (name: string): string => `__meta_kubernetes_pod_annotation_prometheus_io_${name}`;
    const copy = (from: string, to: string): object => ({ source_labels: [from], target_label: to });
    const query = new URLSearchParams(
        namespaces.map((namespace): [string, string] => ["namespace", namespace]),
    ).toString();
    return stringify({
        global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: `${scrapeSeconds - 1}s` },
        scrape_configs: [
            {
                job_name: "mesh",
                ...(discovery
                    ? { http_sd_configs: [{ url: `${discovery}?${query}`, refresh_interval: `${scrapeSeconds}s` }] }
                    : { kubernetes_sd_configs: [{ role: "pod", namespaces: { names: [...namespaces] } }] }),
                relabel_configs: [
                    { source_labels: [annotation("scrape")], action: "keep", regex: "true" },
                    {
                        source_labels: ["__meta_kubernetes_pod_phase"],
                        action: "drop",
                        regex: "Pending|Succeeded|Failed|Completed",
                    },
                    { source_labels: [annotation("path")], regex: "(.+)", target_label: "__metrics_path__" },
                    {
                        source_labels: ["__meta_kubernetes_pod_ip", annotation("port")],
                        separator: ";",
                        regex: "(.+);([0-9]+)",
                        replacement: "$1:$2",
                        target_label: "__address__",
                    },
                    copy("__meta_kubernetes_namespace", "namespace"),
                    copy("__meta_kubernetes_pod_name", "pod"),
                    copy("__meta_kubernetes_pod_label_app", "app"),
                    copy("__meta_kubernetes_pod_label_version", "version"),
                ],
                metric_relabel_configs: [{ source_labels: ["__name__"], action: "keep", regex: wantedMetrics }],
            },
        ],
    });
}
