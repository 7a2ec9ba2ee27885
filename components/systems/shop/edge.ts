import * as pulumi from "@pulumi/pulumi";
import { chainDestinations } from "../../traffic/split/chain";
import { HttpRoute, VirtualServiceSpec, weightsIn } from "../../traffic/split/routes";
import { Weights } from "../../traffic/split/weights";

/** Paths that anybody may call: the token's and the description of the API. */
export const openPaths = ["/oauth/*", "/.well-known/*", "/openapi/*"];
/** Paths that need a token. */
export const protectedPaths = ["/product-composite", "/product-composite/*"];

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
