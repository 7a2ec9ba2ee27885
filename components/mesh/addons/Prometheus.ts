import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Addon } from "./Addon";
import { scrapeConfig } from "./scrape";

/** The arguments of a Prometheus. */
export interface PrometheusArgs {
    /** The namespace it runs in. */
    namespace: pulumi.Input<string>;
    image: pulumi.Input<string>;
    /** The namespaces whose pods it reads; it may list pods there, and nowhere else. */
    watched: pulumi.Input<string>[];
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
                files: pulumi.all(args.watched).apply((watched) => ({ "prometheus.yml": scrapeConfig(watched) })),
                filesAt: "/etc/prometheus",
                writable: ["/prometheus"],
                ready: { path: "/-/ready", port },
                services: [{ name, ports: [{ name: "http", port, targetPort: port }] }],
                asksApi: true,
                user: 65534,
                memory: 512,
            },
            child,
        );
        args.watched.forEach((namespace, at) => mayListPods(`${name}-${at}`, name, namespace, addon, args, child));
        this.url = pulumi.interpolate`http://${name}.${args.namespace}:${port}`;
        this.registerOutputs({ url: this.url });
    }
}

function mayListPods(
    resource: string,
    name: string,
    namespace: pulumi.Input<string>,
    addon: Addon,
    args: PrometheusArgs,
    child: pulumi.ComponentResourceOptions,
): void {
    const metadata = { name: `upshift-${name}`, namespace };
    const role = new k8s.rbac.v1.Role(
        resource,
        { metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }] },
        child,
    );
    new k8s.rbac.v1.RoleBinding(
        resource,
        {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
            subjects: [{ kind: "ServiceAccount", name: addon.account, namespace: args.namespace }],
        },
        child,
    );
}
