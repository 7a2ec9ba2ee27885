import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { stringify } from "yaml";
import { Addon } from "./Addon";
import { kialiReads } from "./kialiReads";

/** The arguments of a Kiali. */
export interface KialiArgs {
    namespace: pulumi.Input<string>;
    image: pulumi.Input<string>;
    /** Where Prometheus answers. */
    prometheus: pulumi.Input<string>;
    /** Where Grafana and Jaeger answer people. */
    grafanaUrl: string;
    tracingUrl: string;
}

const port = 20001;

/** Kiali without a log-in, and so without any right to change the mesh: it may only read. */
export class Kiali extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource, of the Service and the Deployment. */
    constructor(name: string, args: KialiArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Kiali", name, {}, opts);
        const child = { parent: this };
        const key = new random.RandomPassword(`${name}-signing-key`, { length: 32, special: false }, child).result;
        const config = pulumi
            .all([args.namespace, args.prometheus, key])
            .apply(([namespace, prometheus, signingKey]) => ({
                "config.yaml": stringify(configOf(namespace, prometheus, signingKey, args)),
            }));
        const addon = new Addon(
            name,
            {
                namespace: args.namespace,
                image: args.image,
                args: ["-config", "/kiali-configuration/config.yaml"],
                env: { ACTIVE_NAMESPACE: args.namespace, LOG_FORMAT: "text" },
                files: config,
                filesAt: "/kiali-configuration",
                filesAreSecret: true,
                ready: { path: "/healthz", port },
                services: [{ name, ports: [{ name: "http", port, targetPort: port }] }],
                asksApi: true,
                user: 1000,
                memory: 512,
            },
            child,
        );
        const role = new k8s.rbac.v1.ClusterRole(
            name,
            { metadata: { name: "upshift-kiali" }, rules: kialiReads },
            child,
        );
        new k8s.rbac.v1.ClusterRoleBinding(
            name,
            {
                metadata: { name: "upshift-kiali" },
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
                subjects: [{ kind: "ServiceAccount", name: addon.account, namespace: args.namespace }],
            },
            child,
        );
        this.registerOutputs({});
    }
}

function configOf(namespace: string, prometheus: string, signingKey: string, args: KialiArgs): object {
    return {
        auth: { strategy: "anonymous" },
        deployment: { cluster_wide_access: true, instance_name: "kiali", namespace, view_only_mode: true },
        external_services: {
            istio: { root_namespace: namespace },
            prometheus: { url: prometheus },
            grafana: { enabled: true, internal_url: `http://grafana.${namespace}:3000`, external_url: args.grafanaUrl },
            tracing: {
                enabled: true,
                provider: "jaeger",
                use_grpc: false,
                internal_url: `http://tracing.${namespace}:80`,
                external_url: args.tracingUrl,
            },
        },
        login_token: { signing_key: signingKey },
        server: { port, web_root: "/" },
    };
}
