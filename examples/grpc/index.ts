import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";

const config = new pulumi.Config();
const namespace = config.require("namespace");
const registry = config.require("registry");

/** The port's name says gRPC: the mesh tells the calls of a connection apart, and pods are asked by gRPC's health service. */
const echo = new VersionedService("echo", {
    namespace,
    versions: ["v1", "v2"].map((name) => ({ name, image: `${registry}/streams:${name}`, replicas: 2 })),
    ports: [{ name: "grpc", number: 9000 }],
    // A pod that ends gives its streams so long; then their clients open new ones.
    longestRequestSeconds: 60,
});
const weights = config.requireObject<Record<string, number>>("weights");
const split = new TrafficSplit("echo", { namespace, versions: echo.versions, weights }, { dependsOn: echo });

export const served = split.weights;
