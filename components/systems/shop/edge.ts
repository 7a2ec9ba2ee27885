import * as pulumi from "@pulumi/pulumi";
import { HttpRoute } from "../../traffic/routes";

/** Paths that anybody may call: the token's and the description of the API. */
export const openPaths = ["/oauth/*", "/.well-known/*", "/openapi/*"];
/** Paths that need a token. */
export const protectedPaths = ["/product-composite", "/product-composite/*"];

/** The routes of the shop's host at the gateway. */
export function edgeRoutes(host: string, gateway: pulumi.Input<string>): pulumi.Input<object> {
    return {
        hosts: [host],
        gateways: [gateway],
        http: [
            to("auth-server", ["/oauth/", "/.well-known/"]),
            to("product-composite", ["/product-composite", "/openapi/"]),
        ],
    };
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
