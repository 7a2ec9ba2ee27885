import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { selfSigned } from "./certificate";
import { ChartSource, release } from "./Istio";
import { keep } from "./keep";

/** The arguments of a Gateway. */
export interface GatewayArgs {
    /** The chart of Istio's gateway. */
    chart: ChartSource;
    /** The host names served, the certificate's first name among them. */
    hosts: string[];
    /** Values for the chart, such as the Service's type and ports. */
    values?: Record<string, unknown>;
    /** Pods. Default 1. */
    replicas?: number;
}

/**
 * The mesh's entry: Istio's ingress gateway with TLS for `hosts`. The certificate is self-signed, made at the
 * first `up` and kept in the state as a secret.
 */
export class Gateway extends pulumi.ComponentResource {
    /** The gateway's namespace. */
    readonly namespace: pulumi.Output<string>;
    /** What a VirtualService names to be served here: `istio-ingress/hands-on-gw`. */
    readonly reference: pulumi.Output<string>;
    /** The certificate that callers must trust, PEM. */
    readonly certificate: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, and of the Gateway. */
    constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Gateway", name, args, opts);
        const child = { parent: this };
        const namespace = new k8s.core.v1.Namespace(
            "istio-ingress",
            {
                metadata: {
                    name: "istio-ingress",
                    labels: { "istio-injection": "enabled", "pod-security.kubernetes.io/enforce": "baseline" },
                },
            },
            child,
        );
        const keyPair = keep(`${name}-certificate`, selfSigned(args.hosts), child);
        const secret = new k8s.core.v1.Secret(
            `${name}-cert`,
            {
                metadata: { name: `${name}-cert`, namespace: namespace.metadata.name },
                type: "kubernetes.io/tls",
                stringData: { "tls.crt": keyPair.public, "tls.key": keyPair.private },
            },
            child,
        );
        const pods = release(
            "istio-ingressgateway",
            args.chart,
            namespace,
            { ...args.values, replicaCount: args.replicas ?? 1 },
            child,
        );
        const gateway = new k8s.apiextensions.CustomResource(
            name,
            {
                apiVersion: "networking.istio.io/v1",
                kind: "Gateway",
                metadata: { name, namespace: namespace.metadata.name },
                spec: {
                    selector: { istio: "ingressgateway" },
                    servers: [
                        {
                            port: { number: 443, name: "https", protocol: "HTTPS" },
                            tls: {
                                mode: "SIMPLE",
                                credentialName: secret.metadata.name,
                                minProtocolVersion: "TLSV1_2",
                            },
                            hosts: args.hosts,
                        },
                    ],
                },
            },
            { ...child, dependsOn: pods },
        );
        this.namespace = namespace.metadata.name;
        this.reference = pulumi.interpolate`${namespace.metadata.name}/${gateway.metadata.name}`;
        this.certificate = keyPair.public;
        this.registerOutputs({ namespace: this.namespace, reference: this.reference, certificate: this.certificate });
    }
}
