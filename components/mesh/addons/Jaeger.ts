import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { Addon } from "./Addon";

/** The arguments of a Jaeger. */
export interface JaegerArgs {
    namespace: pulumi.Input<string>;
    image: pulumi.Input<string>;
}

/** How many traces are kept, in memory. */
const maxTraces = 5000;
const port = { query: 16686, zipkin: 9411, otlp: 4317, health: 13133 };

/** Jaeger with the latest traces in memory; it takes spans as Zipkin does, which is how Istio's proxies send them. */
export class Jaeger extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource, and of the Deployment. */
    constructor(name: string, args: JaegerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Jaeger", name, {}, opts);
        new Addon(
            name,
            {
                namespace: args.namespace,
                image: args.image,
                args: ["--config", "/jaeger/config.yaml"],
                files: { "config.yaml": stringify(config) },
                filesAt: "/jaeger",
                writable: ["/tmp"],
                ready: { path: "/status", port: port.health },
                services: [
                    { name: "tracing", ports: [{ name: "http-query", port: 80, targetPort: port.query }] },
                    { name: "zipkin", ports: [{ name: "http-query", port: port.zipkin, targetPort: port.zipkin }] },
                    {
                        name: "jaeger-collector",
                        ports: [
                            { name: "http-zipkin", port: port.zipkin, targetPort: port.zipkin },
                            { name: "grpc-otel", port: port.otlp, targetPort: port.otlp },
                        ],
                    },
                ],
                user: 10001,
                memory: 512,
            },
            { parent: this },
        );
        this.registerOutputs({});
    }
}

const everywhere = (number: number): { endpoint: string } => ({ endpoint: `0.0.0.0:${number}` });

const config = {
    service: {
        extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
        pipelines: {
            traces: { receivers: ["otlp", "zipkin"], processors: ["batch"], exporters: ["jaeger_storage_exporter"] },
        },
    },
    extensions: {
        jaeger_query: { storage: { traces: "kept" } },
        jaeger_storage: { backends: { kept: { memory: { max_traces: maxTraces } } } },
        healthcheckv2: { use_v2: true, http: everywhere(port.health) },
    },
    receivers: { otlp: { protocols: { grpc: everywhere(port.otlp) } }, zipkin: everywhere(port.zipkin) },
    processors: { batch: {} },
    exporters: { jaeger_storage_exporter: { trace_storage: "kept" } },
};
