import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import type { TestCluster } from "./apiserver";
import { sandbox, type Sandbox } from "./pulumi";

/** What the program below makes; all percentages are v2's. */
export interface Systems {
    /** A service whose shares follow its four pods. */
    readonly replicas?: number;
    /** The same service by the mesh. */
    readonly mesh?: number;
    /** A service in the namespaces prod and stage; percent of stage, which testers reach. */
    readonly stages?: { readonly stage: number; readonly versions?: string[]; readonly blueGreen?: string };
    /** A shop: what its services have, and what the edge decides for all of them, if it does. */
    readonly shop?: { readonly own: number; readonly chain?: number };
}

/** A project whose program makes what `systems.json` tells of, with limits of 25 points. Nobody waits for pods: nothing runs them. */
export async function guardedSystems(cluster: TestCluster): Promise<Sandbox & { config(systems: Systems): void }> {
    const made = await sandbox({ "index.ts": source(cluster), "systems.json": "{}" });
    return { ...made, config: (systems) => made.write({ "systems.json": JSON.stringify(systems) }) };
}

const source = ({ kubeconfig }: TestCluster): string => `
import * as fs from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ReplicaSplit } from ${JSON.stringify(path.join(projectRoot(), "components/split/ReplicaSplit"))};
import { VersionedService } from ${JSON.stringify(path.join(projectRoot(), "components/workloads/VersionedService"))};
import { Strategy } from ${JSON.stringify(path.join(projectRoot(), "components/traffic/split/strategy"))};
import { TrafficSplit } from ${JSON.stringify(path.join(projectRoot(), "components/split/TrafficSplit"))};
import { Shop } from ${JSON.stringify(path.join(projectRoot(), "systems/shop/Shop"))};

const kubeconfig = ${JSON.stringify(kubeconfig)};
pulumi.runtime.registerResourceTransform(({ type, props, opts }) => {
    if (!/:(Deployment|Service)$/.test(type)) return undefined;
    const annotations = { ...props.metadata.annotations, "pulumi.com/skipAwait": "true" };
    return { props: { ...props, metadata: { ...props.metadata, annotations } }, opts };
});
const provider = new k8s.Provider("cluster", { kubeconfig, context: "test", enableServerSideApply: true });
const opts = { providers: [provider] };
const { replicas, mesh: share, stages, shop } = JSON.parse(fs.readFileSync("systems.json", "utf8"));
const of = (v2: number) => ({ v1: 100 - v2, v2 });
const names = ["v1", "v2"];
const versions = names.map((name) => ({ name, image: "none:" + name }));
if (replicas !== undefined)
    new ReplicaSplit("ratings", { namespace: "default", versions, weights: of(replicas), total: 4 }, opts);
if (share !== undefined) {
    const before = pulumi.createUrn("ratings", "upshift:index:ReplicaSplit");
    new VersionedService("ratings", { namespace: "default", versions }, { ...opts, aliases: [{ parent: before }] });
    new TrafficSplit("ratings", { namespace: "default", versions: names, weights: of(share) }, opts);
}
if (stages) {
    const { stage, versions = ["prod", "stage"], blueGreen } = stages;
    const all: Record<string, number> = { prod: 100 - stage, stage };
    const weights = Object.fromEntries(versions.map((version: string) => [version, all[version]]));
    const canaryHeader = versions.includes("stage") ? { name: "X-group", exact: "test", to: "stage" } : undefined;
    const routed = { namespace: "default", strategy: Strategy.Namespaces, service: "app", hosts: ["app.test"] };
    const split = { ...routed, gateways: ["edge/gw"], versions, weights, canaryHeader, step: { blueGreen } };
    new TrafficSplit("app", split, opts);
}
if (shop) {
    const services = Object.fromEntries(
        ["product", "recommendation", "review"].map((name) => [
            name,
            { versions, weights: of(shop.own), step: { limits: { maxRaise: 25, maxRaiseTogether: 100 } } },
        ]),
    );
    const chainWeights = shop.chain === undefined ? undefined : of(shop.chain);
    const one = { versions: [versions[0]], weights: { v1: 100 } };
    const all = { ...services, "product-composite": one, "auth-server": one };
    const edge = { host: "shop.test", gateway: "edge/gw", gatewayNamespace: "default" };
    new Shop("hands-on", { ...edge, services: all, chainWeights }, opts);
}
`;
