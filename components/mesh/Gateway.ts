import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { selfSigned } from "./certificate";
import { ingressSelector } from "./ingressSelector";
import { keep, type KeptKeyPair, type KeyPair } from "./keep";
import { fingerprint, renewalReason } from "./renewal";

/** The arguments of a Gateway. */
export interface GatewayArgs {
    /** The namespace of the ingress pods, where a certificate must be too. */
    namespace: pulumi.Input<string>;
    /** The host names served, the certificate's first name among them; `*` for every one. */
    hosts: string[];
    /** Whether it is served with TLS on port 443; else plain on port 80. Default true. */
    tls?: boolean;
}

/**
 * Hosts that the mesh's edge serves. With TLS the certificate is self-signed, made at the first `up` and kept in the
 * state as a secret. An `up` in the last 30 days before its end makes another, and so does one with other hosts; the preview warns of
 * it, for whoever trusts the old one must trust the new one.
 */
export class Gateway extends pulumi.ComponentResource {
    /** What a VirtualService names to be served here: `istio-ingress/hands-on-gw`. */
    readonly reference: pulumi.Output<string>;
    /** The certificate that callers must trust, PEM; none without TLS. */
    readonly certificate: pulumi.Output<string> | undefined;

    /** @param name The _unique_ name of the resource, and of the Gateway. */
    constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Gateway", name, args, opts);
        const child = { parent: this };
        const secured = (args.tls ?? true) ? certificateFor(name, args, child) : undefined;
        const gateway = new k8s.apiextensions.CustomResource(
            name,
            {
                apiVersion: "networking.istio.io/v1",
                kind: "Gateway",
                metadata: { name, namespace: args.namespace },
                spec: {
                    selector: ingressSelector(),
                    servers: [secured ? https(args.hosts, secured.secret) : http(args.hosts)],
                },
            },
            child,
        );
        this.reference = pulumi.interpolate`${args.namespace}/${gateway.metadata.name}`;
        this.certificate = secured?.certificate;
        this.registerOutputs({ reference: this.reference, certificate: this.certificate });
    }
}

function certificateFor(
    name: string,
    { hosts, namespace }: GatewayArgs,
    child: pulumi.ComponentResourceOptions,
): { certificate: pulumi.Output<string>; secret: pulumi.Output<string> } {
    const keyPair = goodPair(
        name,
        hosts,
        keep(`${name}-certificate`, () => selfSigned(hosts), child),
        child,
    );
    const secret = new k8s.core.v1.Secret(
        `${name}-cert`,
        {
            metadata: { name: `${name}-cert`, namespace },
            type: "kubernetes.io/tls",
            stringData: { "tls.crt": keyPair.public, "tls.key": keyPair.private },
        },
        child,
    );
    return { certificate: keyPair.public, secret: secret.metadata.name };
}

/**
 * The kept key pair while it is good, else its successor, which is kept under a name of its own: so each is made once, and every run
 * finds the last one by the way over those before it.
 */
function goodPair(
    name: string,
    hosts: string[],
    kept: KeptKeyPair,
    child: pulumi.ComponentResourceOptions,
): KeptKeyPair {
    const pair = bothOf(kept).apply((now): pulumi.Output<KeyPair> => {
        const reason = renewalReason(now.public, hosts);
        if (!reason) return pulumi.output(now);
        const successor = `${name}-certificate-after-${fingerprint(now.public)}`;
        const next = keep(successor, () => selfSigned(hosts), child);
        next.isNew.apply((here) => here && warnOf(`The certificate of ${hosts.join(", ")} ${reason}`, child.parent));
        return bothOf(goodPair(name, hosts, next, child));
    });
    return {
        public: pulumi.unsecret(pair.apply((both) => both.public)),
        private: pulumi.secret(pair.apply((both) => both.private)),
    };
}

function bothOf(kept: KeptKeyPair): pulumi.Output<KeyPair> {
    return pulumi
        .all([kept.public, kept.private])
        .apply(([certificate, key]) => ({ public: certificate, private: key }));
}

function warnOf(what: string, resource: pulumi.Resource | undefined): Promise<void> {
    const then = "whoever trusts it by itself must trust the new one: pulumi stack output certificates";
    return pulumi.log.warn(`${what}: \`pulumi up\` renews it. After that, ${then}`, resource);
}

function https(hosts: string[], credentialName: pulumi.Input<string>): object {
    return {
        port: { number: 443, name: "https", protocol: "HTTPS" },
        tls: { mode: "SIMPLE", credentialName, minProtocolVersion: "TLSV1_2" },
        hosts,
    };
}

function http(hosts: string[]): object {
    return { port: { number: 80, name: "http", protocol: "HTTP" }, hosts };
}
