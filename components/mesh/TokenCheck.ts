import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ingressSelector } from "./ingressSelector";
import { refusalsFor, type TokenRule } from "./tokenRules";

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
    /**
     * The gateway pods' ports that serve TCP and no HTTP, with no hosts to tell apart: what refuses calls of a host closes every such
     * port that is not named here. Default: none.
     */
    tcpPorts?: string[];
    /** Who may call which paths, by which methods, with which claims. */
    rules: pulumi.Input<TokenRule[]>;
}

const statusPort = "15021";

/**
 * Checks tokens at the gateway, on every port that serves the host. A wrong token gets 401; none, one without a claim that is asked
 * for, or what no rule allows gets 403.
 *
 * A token is taken from the header `Authorization` only: in an address it would stand in every log on the way.
 *
 * ```ts
 * new TokenCheck("shop", { ...issuer, rules: [
 *     { paths: ["/oauth/*"], methods: ["POST"], open: true },
 *     { paths: ["/orders", "/orders/*"], methods: ["GET"], claims: { scope: ["orders:read"] } },
 * ] });
 * ```
 *
 * Routes of the host depend on it (`dependsOn`), so that at no moment they are there and it is not.
 */
export class TokenCheck extends pulumi.ComponentResource {
    /** @param name The _unique_ name of the resource. */
    constructor(name: string, args: TokenCheckArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:TokenCheck", name, args, opts);
        // On whatever port the pods serve the host: what is not checked by an oversight would be open to everybody. Their port for
        // probes, which serves no host, is named because Istio warns of refusals by host alone (IST0133).
        const notPorts = [statusPort, ...(args.tcpPorts ?? [])];
        const at = { hosts: [args.host, `${args.host}:*`], notPorts, issuer: args.issuer };
        const selector = { matchLabels: ingressSelector() };
        const resource = (kind: string, spec: object) =>
            new k8s.apiextensions.CustomResource(
                `${name}-${kind}`,
                { apiVersion: "security.istio.io/v1", kind, metadata: { name, namespace: args.namespace }, spec },
                { parent: this },
            );
        const { issuer, audiences, jwks } = args;
        const fromHeaders = [{ name: "Authorization", prefix: "Bearer " }];
        resource("RequestAuthentication", {
            selector,
            jwtRules: [{ issuer, audiences, jwks, fromHeaders, forwardOriginalToken: true }],
        });
        const rules = pulumi.output(args.rules).apply((given) => refusalsFor(given, at));
        resource("AuthorizationPolicy", { selector, action: "DENY", rules });
        this.registerOutputs({});
    }
}
