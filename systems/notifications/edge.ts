import * as pulumi from "@pulumi/pulumi";
import type { HttpRoute } from "../../components/traffic/split/routes";

/** The rule for requests that make or change a user, and how many of them each gateway pod lets through, a second. */
export const userWrites = "user-writes";
export const userWritesPerSecond = 5;

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
    const writes = ["POST", "PUT"].map((exact) => ({ uri: { exact: "/usermgmt/user" }, method: { exact } }));
    const http = [
        // Each of them makes a password's hash, which costs much on purpose: by itself, so that it can be limited.
        to(userWrites, writes, userManagement),
        to("user-management", [{ uri: { prefix: "/usermgmt/" } }], userManagement),
        ...(collector ? [to("xray", [{ uri: { prefix: "/xray/" } }], collector)] : []),
    ];
    return { hosts: [host], gateways: [gateway], http };
}

type Route = Omit<HttpRoute, "route"> & {
    route: { destination: { host: pulumi.Input<string>; port: { number: number } } }[];
};

/** Nothing is tried again: a failed request is to be seen, and a POST must not be sent twice. */
function to(name: string, match: Route["match"], host: pulumi.Input<string>): Route {
    return {
        name,
        match,
        route: [{ destination: { host, port: { number: 80 } } }],
        retries: { attempts: 0 },
    };
}
