import * as assert from "node:assert/strict";
import { kubeConfigOf } from "../../components/mesh/client";
import { placedLive, worldLive } from "../../components/mesh/live";
import { reading } from "../../components/traffic/world/world";

const kubeconfig = JSON.stringify({
    clusters: ["one", "two"].map((name) => ({ name, cluster: { server: `https://${name}` } })),
    users: [{ name: "me", user: {} }],
    contexts: ["one", "two"].map((name) => ({ name, context: { cluster: name, user: "me" } })),
    "current-context": "one",
});

describe("a cluster as a provider names it", () => {
    it("is given by contents, with the context or the cluster that is asked for", () => {
        const server = (access: object): string | undefined =>
            kubeConfigOf({ kubeconfig, ...access }).getCurrentCluster()?.server;
        assert.equal(server({}), "https://one");
        assert.equal(server({ context: "two" }), "https://two");
        assert.equal(server({ cluster: "two" }), "https://two");
    });

    it("is refused by name where the kubeconfig has none of it", () => {
        assert.throws(() => kubeConfigOf({ kubeconfig, context: "three" }), /no context "three"; it has one, two/);
        assert.throws(() => kubeConfigOf({ kubeconfig, cluster: "three" }), /no cluster "three"/);
    });
});

describe("what a cluster has", () => {
    const workload = (kind: string, status: object) => ({
        kind,
        metadata: { name: "review", namespace: "shop" },
        spec: { template: { metadata: { labels: { app: "review" } } } },
        status,
    });

    it("counts ready pods of every kind of workload, and none where the API server leaves the count out", () => {
        assert.equal(placedLive(workload("Deployment", { readyReplicas: 2 })).readyPods, 2);
        assert.equal(placedLive(workload("StatefulSet", {})).readyPods, 0);
        assert.equal(placedLive(workload("DaemonSet", { numberReady: 3 })).readyPods, 3);
        const world = worldLive([workload("DaemonSet", { numberReady: 3 })]);
        assert.equal(world.isWhole, true);
        assert.equal(reading(world).workloads[0]?.pods, 3);
    });
});
