import type * as pulumi from "@pulumi/pulumi";
import type { TokenRule } from "../../components/mesh/tokenRules";
import { chainDestinations } from "../../components/traffic/split/chain";
import { type HttpRoute, type VirtualServiceSpec, weightsIn } from "../../components/traffic/split/routes";
import type { Weights } from "../../components/traffic/split/weights";

const composite = ["/product-composite", "/product-composite/*"];
/** Who may call what: a token and the API's description are for everybody, products for those whose token says so. */
export const tokenRules: TokenRule[] = [
    { paths: ["/oauth/*"], methods: ["POST"], open: true },
    { paths: ["/.well-known/*", "/openapi/*"], methods: ["GET", "HEAD"], open: true },
    { paths: composite, methods: ["GET", "HEAD"], claims: { scope: ["product:read"] } },
    { paths: composite, methods: ["POST", "DELETE"], claims: { scope: ["product:write"] } },
];

/**
 * The routes of the shop's host at the gateway.
 *
 * @param chainWeights percent of requests per version of all core services together, where the edge decides.
 */
export function edgeRoutes(host: string, gateway: pulumi.Input<string>, chainWeights?: Weights): pulumi.Input<object> {
    const composite = to("product-composite", ["/product-composite", "/openapi/"]);
    const decided = chainWeights && {
        name: "weighted",
        route: chainDestinations({ host: "product-composite" }, Object.keys(chainWeights), chainWeights),
    };
    return {
        hosts: [host],
        gateways: [gateway],
        http: [to("auth-server", ["/oauth/", "/.well-known/"]), { ...composite, ...decided }],
    };
}

/** The edge's decision for the chain of core services, where it makes one. */
export function chainWeightsIn(spec: VirtualServiceSpec): Weights | undefined {
    return spec.http?.some((rule) => rule.name === "weighted") ? weightsIn(spec) : undefined;
}

/** Nothing is tried again: a failed request is to be seen, and a POST must not be sent twice. */
function to(service: string, prefixes: string[]): HttpRoute {
    return {
        name: service,
        match: prefixes.map((prefix) => ({ uri: { prefix } })),
        route: [{ destination: { host: service } }],
        retries: { attempts: 0 },
    };
}
