import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";

const config = new pulumi.Config();
const namespace = config.require("namespace");
const registry = config.require("registry");

/** A WebSocket begins as a request by HTTP, and is split like any other: by weights and headers, once, when it is opened. */
const chat = new VersionedService("chat", {
    namespace,
    versions: ["v1", "v2"].map((name) => ({ name, image: `${registry}/streams:${name}`, replicas: 2 })),
    ports: [{ name: "http", number: 8080 }],
    probes: { readiness: { path: "/healthz" } },
    // A pod that ends gives its sockets so long; then their clients open new ones.
    longestRequestSeconds: 60,
});
const weights = config.requireObject<Record<string, number>>("weights");
const split = new TrafficSplit("chat", { namespace, versions: chat.versions, weights }, { dependsOn: chat });

export const served = split.weights;
