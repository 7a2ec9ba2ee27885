import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** What AWS's controllers are told. */
export interface AlbSettings {
    /** The record that ExternalDNS makes in Route 53. */
    hostname: string;
    /** The certificate in AWS Certificate Manager; without it the controller looks for one that fits the host. */
    certificateArn?: string | undefined;
}

/** The arguments of an AlbIngress. */
export interface AlbIngressArgs extends AlbSettings {
    namespace: pulumi.Input<string>;
    /** The Service to which all paths go. */
    service: pulumi.Input<string>;
}

/**
 * The entry on AWS: an Ingress from which the load balancer controller makes an ALB with TLS, and ExternalDNS a record
 * (the document's 07-ALB-Ingress-SSL-Redirect-ExternalDNS.yml). Where neither runs it is data, and nobody waits for it.
 */
export class AlbIngress extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource, and of the Ingress. */
    constructor(name: string, args: AlbIngressArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:AlbIngress", name, {}, opts);
        const { namespace, service } = args;
        new k8s.networking.v1.Ingress(
            name,
            {
                metadata: { name, namespace, annotations: albAnnotations(args) },
                spec: {
                    ingressClassName: "alb",
                    rules: [
                        {
                            http: {
                                paths: [
                                    {
                                        path: "/",
                                        pathType: "Prefix",
                                        backend: { service: { name: service, port: { number: 80 } } },
                                    },
                                ],
                            },
                        },
                    ],
                },
            },
            { parent: this },
        );
        this.registerOutputs({});
    }
}

/** The annotations: an ALB on the internet that sends plain requests over to TLS, and asks the pods themselves. */
export function albAnnotations({ hostname, certificateArn }: AlbSettings): Record<string, string> {
    const alb = {
        scheme: "internet-facing",
        "target-type": "ip",
        "listen-ports": '[{"HTTP":80},{"HTTPS":443}]',
        "ssl-redirect": "443",
        ...(certificateArn && { "certificate-arn": certificateArn }),
        "healthcheck-protocol": "HTTP",
        "healthcheck-port": "traffic-port",
        "healthcheck-path": "/usermgmt/health-status",
    };
    return {
        ...Object.fromEntries(Object.entries(alb).map(([name, value]) => [`alb.ingress.kubernetes.io/${name}`, value])),
        "external-dns.alpha.kubernetes.io/hostname": hostname,
        "pulumi.com/skipAwait": "true",
    };
}
