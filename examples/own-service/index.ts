import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";

const config = new pulumi.Config();
const namespace = config.require("namespace");
const registry = config.require("registry");

const web = new VersionedService("web", {
    namespace,
    versions: ["v1", "v2"].map((name) => ({ name, image: `${registry}/web:${name}`, replicas: 2 })),
    ports: [{ name: "http", number: 3000 }],
    longestRequestSeconds: 5,
});
const weights = config.requireObject<Record<string, number>>("weights");
const split = new TrafficSplit("web", { namespace, versions: web.versions, weights }, { dependsOn: web });

export const served = split.weights;
