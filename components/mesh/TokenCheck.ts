import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** The arguments of a TokenCheck. */
export interface TokenCheckArgs {
    /** The gateway's namespace. */
    namespace: pulumi.Input<string>;
    /** Who signs the tokens: their claim `iss`. */
    issuer: string;
    /** The issuer's public keys, as a JSON Web Key Set: with the keys at hand the gateway need not fetch them to start. */
    jwks: pulumi.Input<string>;
    /** Whom a token must be meant for: its claim `aud`. */
    audiences: string[];
    /** The host name whose callers are checked; other hosts of the gateway are left alone. */
    host: string;
    /** Paths that anybody may call, with a `*` at the end where they go on. */
    openPaths: string[];
    /** Paths that need a valid token. */
    protectedPaths: string[];
}

/** Checks tokens at the gateway: a wrong token gets 401, none 403, and what is in neither list of paths is not reachable. */
export class TokenCheck extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource. */
    constructor(name: string, args: TokenCheckArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:TokenCheck", name, args, opts);
        // The pods' port for TLS. Without a port a refusal by host would close every TCP port too (IST0133).
        const ports = ["443"];
        const hosts = [args.host, `${args.host}:*`];
        const selector = { matchLabels: { istio: "ingressgateway" } };
        const resource = (kind: string, spec: object) =>
            new k8s.apiextensions.CustomResource(
                `${name}-${kind}`,
                { apiVersion: "security.istio.io/v1", kind, metadata: { name, namespace: args.namespace }, spec },
                { parent: this },
            );
        resource("RequestAuthentication", {
            selector,
            jwtRules: [{ issuer: args.issuer, audiences: args.audiences, jwks: args.jwks, forwardOriginalToken: true }],
        });
        resource("AuthorizationPolicy", {
            selector,
            // Refusals, not permits: one permit at a gateway would close every host that it does not name.
            action: "DENY",
            rules: [
                { to: [{ operation: { hosts, ports, notPaths: [...args.openPaths, ...args.protectedPaths] } }] },
                {
                    from: [{ source: { notRequestPrincipals: [`${args.issuer}/*`] } }],
                    to: [{ operation: { hosts, ports, paths: args.protectedPaths } }],
                },
            ],
        });
        this.registerOutputs({});
    }
}
