import * as pulumi from "@pulumi/pulumi";
import { Addon } from "./Addon";
import { mayListPods } from "./mayListPods";
import { edgesQuery, latencyQuery, ProxyMetrics } from "./queries";

/** The arguments of an Observe. */
export interface ObserveArgs {
    namespace: pulumi.Input<string>;
    /** The image of the demo services, which has this one too. */
    image: pulumi.Input<string>;
    /** Where Prometheus answers. */
    prometheus: pulumi.Input<string>;
    metrics: ProxyMetrics;
    /** The namespaces whose pods it lists for Prometheus. */
    watched: pulumi.Input<string>[];
}

/** How far back the view looks, in seconds. */
const windowSeconds = 60;
const port = 8080;

/**
 * upshift's own view, for where Kiali, Grafana and Jaeger can't be had: the traffic graph, workloads and traces, under
 * the names of their Services. It is none of the three, and its pages say so.
 */
export class Observe extends pulumi.ComponentResource {
    /** Where a Prometheus that can't ask the API server asks for the pods. */
    readonly discovery: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, and of the Deployment. */
    constructor(name: string, args: ObserveArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Observe", name, {}, opts);
        const service = (service: string, ...ports: [string, number][]) => ({
            name: service,
            ports: ports.map(([portName, number]) => ({ name: portName, port: number, targetPort: port })),
        });
        const child = { parent: this };
        const addon = new Addon(
            name,
            {
                namespace: args.namespace,
                image: args.image,
                args: ["observe"],
                env: { PROMETHEUS_URL: args.prometheus, QUERIES_FILE: "/config/queries.json", DRAIN: "0s" },
                files: { "queries.json": JSON.stringify(queriesFor(args.metrics), undefined, 2) },
                ready: { path: "/actuator/health/readiness", port: 4004 },
                services: [
                    service(name, ["http", 80]),
                    service("kiali", ["http", 20001]),
                    service("grafana", ["http", 3000]),
                    service("tracing", ["http-query", 80]),
                    service("zipkin", ["http-query", 9411]),
                    service("jaeger-collector", ["http-zipkin", 9411]),
                ],
                asksApi: true,
                user: 10001,
                memory: 128,
            },
            child,
        );
        mayListPods(name, { ...args, account: addon.account }, child);
        this.discovery = pulumi.interpolate`http://${name}.${args.namespace}/targets`;
        this.registerOutputs({ discovery: this.discovery });
    }
}

/** What the view asks Prometheus. */
export function queriesFor(metrics: ProxyMetrics): object {
    const latency = { p50: 0.5, p95: 0.95, p99: 0.99 };
    return {
        windowSeconds,
        edges: edgesQuery(metrics, windowSeconds),
        latency: Object.fromEntries(
            Object.entries(latency).map(([name, quantile]) => [name, latencyQuery(metrics, quantile, windowSeconds)]),
        ),
    };
}
