import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit } from "upshift";

const config = new pulumi.Config();
const namespace = config.require("namespace");

/** The Service `shop` and its Deployments are Helm's: this program adds routes, and changes nothing of theirs. */
const split = new TrafficSplit("shop", {
    namespace,
    versions: ["v1", "v2"],
    versionLabel: "app.kubernetes.io/version",
    labelValues: { v1: "1.25.0", v2: "1.26.0" },
    weights: config.requireObject<Record<string, number>>("weights"),
});

export const served = split.weights;
