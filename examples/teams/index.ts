import * as pulumi from "@pulumi/pulumi";
import { type TrafficLimits, TrafficSplit, VersionedService } from "upshift";

const config = new pulumi.Config();
const registry = config.require("registry");
/** A team's namespace is its own: two teams never write one object. */
const namespace = pulumi.getStack();

/** Only the services of the stack's team: an `up` writes a state as small as theirs, and holds a lock that is theirs alone. */
const weights = config.requireObject<Record<string, Record<string, number>>>("weights");
const stable = config.getObject<Record<string, string>>("stable") ?? {};
const limits = config.requireObject<TrafficLimits>("limits");

export const served = Object.entries(weights).map(([name, own]) => {
    const service = new VersionedService(name, {
        namespace,
        versions: Object.keys(own).map((version) => ({ name: version, image: `${registry}/${name}:${version}` })),
        ports: [{ name: "http", number: 3000 }],
        longestRequestSeconds: 5,
    });
    const step = { stable: stable[name] ?? "v1", limits };
    return new TrafficSplit(name, { namespace, versions: service.versions, weights: own, step }, { dependsOn: service })
        .weights;
});
