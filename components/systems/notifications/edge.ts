import * as pulumi from "@pulumi/pulumi";
import type { HttpRoute } from "../../traffic/split/routes";

/**
 * The routes of the host at the gateway: what the ALB serves on AWS, and beside it the collector's pages.
 *
 * @param collector the Service that shows traces; none where segments go to AWS.
 */
export function edgeRoutes(
    host: string,
    gateway: pulumi.Input<string>,
    userManagement: pulumi.Input<string>,
    collector?: pulumi.Input<string>,
): pulumi.Input<object> {
    const http = [
        to("user-management", "/usermgmt/", userManagement),
        ...(collector ? [to("xray", "/xray/", collector)] : []),
    ];
    return { hosts: [host], gateways: [gateway], http };
}

type Route = Omit<HttpRoute, "route"> & {
    route: { destination: { host: pulumi.Input<string>; port: { number: number } } }[];
};

/** Nothing is tried again: a failed request is to be seen, and a POST must not be sent twice. */
function to(name: string, prefix: string, host: pulumi.Input<string>): Route {
    return {
        name,
        match: [{ uri: { prefix } }],
        route: [{ destination: { host, port: { number: 80 } } }],
        retries: { attempts: 0 },
    };
}
