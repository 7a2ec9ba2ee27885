import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { Addon } from "./Addon";
import { edgesQuery, latencyQuery, ProxyMetrics, successQuery } from "./queries";

/** The arguments of a Grafana. */
export interface GrafanaArgs {
    namespace: pulumi.Input<string>;
    image: pulumi.Input<string>;
    /** Where Prometheus answers. */
    prometheus: pulumi.Input<string>;
    metrics: ProxyMetrics;
}

const port = 3000;
const filesAt = "/etc/upshift";
const windowSeconds = 60;

/** Grafana with one dashboard: request rate, success rate and latency of each version. Anybody may look, nobody may change it. */
export class Grafana extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource, of the Service and the Deployment. */
    constructor(name: string, args: GrafanaArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Grafana", name, {}, opts);
        new Addon(
            name,
            {
                namespace: args.namespace,
                image: args.image,
                env: {
                    GF_PATHS_PROVISIONING: filesAt,
                    GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${filesAt}/dashboards/workloads.json`,
                    GF_AUTH_ANONYMOUS_ENABLED: "true",
                    GF_AUTH_ANONYMOUS_ORG_ROLE: "Viewer",
                    GF_AUTH_BASIC_ENABLED: "false",
                    GF_AUTH_DISABLE_LOGIN_FORM: "true",
                    GF_ANALYTICS_REPORTING_ENABLED: "false",
                    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
                },
                files: pulumi.output(args.prometheus).apply((prometheus) => provisioned(prometheus, args.metrics)),
                filesAt,
                writable: ["/var/lib/grafana", "/tmp"],
                ready: { path: "/api/health", port },
                services: [{ name, ports: [{ name: "http", port, targetPort: port }] }],
                user: 472,
                memory: 512,
            },
            { parent: this },
        );
        this.registerOutputs({});
    }
}

/** What Grafana finds when it starts: where Prometheus is, and the dashboard. */
export function provisioned(prometheus: string, metrics: ProxyMetrics): Record<string, string> {
    return {
        "datasources/prometheus.yaml": stringify({
            apiVersion: 1,
            datasources: [
                {
                    name: "Prometheus",
                    uid: "prometheus",
                    type: "prometheus",
                    access: "proxy",
                    url: prometheus,
                    isDefault: true,
                },
            ],
        }),
        "dashboards/upshift.yaml": stringify({
            apiVersion: 1,
            providers: [{ name: "upshift", type: "file", options: { path: `${filesAt}/dashboards` } }],
        }),
        "dashboards/workloads.json": JSON.stringify(dashboard(metrics), undefined, 2),
    };
}

function dashboard(metrics: ProxyMetrics): object {
    const to = "{{destination}} {{destination_version}}";
    const rate = `sum by (destination, destination_version) (${edgesQuery(metrics, windowSeconds)}) / ${windowSeconds}`;
    const panels: [string, string, string, string][] = [
        ["Requests a second", "reqps", rate, to],
        ["Requests not answered 5xx", "percent", successQuery(metrics, windowSeconds), to],
        ["Latency, median", "ms", latencyQuery(metrics, 0.5, windowSeconds), to],
        ["Latency, 99 of 100", "ms", latencyQuery(metrics, 0.99, windowSeconds), to],
    ];
    return {
        uid: "upshift-workloads",
        title: "Workloads by version",
        refresh: "10s",
        time: { from: "now-30m", to: "now" },
        panels: panels.map(([title, unit, expr, legendFormat], at) => ({
            id: at + 1,
            type: "timeseries",
            title,
            gridPos: { x: 12 * (at % 2), y: 9 * Math.floor(at / 2), w: 12, h: 9 },
            datasource: { type: "prometheus", uid: "prometheus" },
            fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
            targets: [{ refId: "A", expr, legendFormat }],
        })),
    };
}
