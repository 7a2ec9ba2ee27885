import * as pulumi from "@pulumi/pulumi";
import { Addon } from "./Addon";
import { mayListPods } from "./mayListPods";
import { scrapeConfig } from "./scrape";

/** The arguments of a Prometheus. */
export interface PrometheusArgs {
    /** The namespace it runs in. */
    namespace: pulumi.Input<string>;
    image: pulumi.Input<string>;
    /** The namespaces whose pods it reads. */
    watched: pulumi.Input<string>[];
    /** Where it asks for the pods. Without it, it asks the API server, and may list pods in these namespaces and nowhere else. */
    discovery?: pulumi.Input<string> | undefined;
}

const port = 9090;

/** Prometheus with the metrics of the mesh's proxies of the last six hours, in at most 256 MB; Service `prometheus`. */
export class Prometheus extends pulumi.ComponentResource {
    /** Where others in the cluster ask it. */
    readonly url: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, of the Service and the Deployment. */
    constructor(name: string, args: PrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Prometheus", name, {}, opts);
        const child = { parent: this };
        const addon = new Addon(
            name,
            {
                namespace: args.namespace,
                image: args.image,
                args: [
                    "--config.file=/etc/prometheus/prometheus.yml",
                    "--storage.tsdb.path=/prometheus",
                    "--storage.tsdb.retention.time=6h",
                    "--storage.tsdb.retention.size=256MB",
                    // Blocks of ten minutes keep the part that is in memory small.
                    "--storage.tsdb.min-block-duration=10m",
                    "--query.max-concurrency=4",
                    `--web.listen-address=:${port}`,
                ],
                files: pulumi
                    .all([pulumi.all(args.watched), args.discovery])
                    .apply(([watched, discovery]) => ({ "prometheus.yml": scrapeConfig(watched, discovery) })),
                filesAt: "/etc/prometheus",
                writable: ["/prometheus"],
                ready: { path: "/-/ready", port },
                services: [{ name, ports: [{ name: "http", port, targetPort: port }] }],
                asksApi: !args.discovery,
                user: 65534,
                memory: 512,
            },
            child,
        );
        if (!args.discovery) mayListPods(name, { ...args, account: addon.account }, child);
        this.url = pulumi.interpolate`http://${name}.${args.namespace}:${port}`;
        this.registerOutputs({ url: this.url });
    }
}
