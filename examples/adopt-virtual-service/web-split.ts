import * as pulumi from "@pulumi/pulumi";
import { type CanaryHeader, type Routing, TrafficSplit } from "upshift";

const config = new pulumi.Config();
const service = "web";
const weights = config.requireObject<Record<string, Record<string, number>>>("weights");
const stable = config.getObject<Record<string, string>>("stable");
const routing = config.getObject<Record<string, Routing>>("routing");
const canaryHeader = config.getObject<CanaryHeader>("canaryHeader");

/** Adopted from VirtualService adopt/web-routes: it had users before this program had it. */
export const split = new TrafficSplit(service, {
    namespace: "adopt",
    versions: ["v1", "v2"],
    weights: weights[service] ?? {},
    canaryHeader,
    routesName: "web-routes",
    subsetsName: "web-versions",
    step: { stable: stable?.[service] ?? "v1" },
    routing: routing?.[service] ?? {},
});
