import * as assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { liveWorld } from "../../components/mesh/live";
import { reading, type World, workloadsBehind } from "../../components/traffic/world/world";
import { overlay } from "../../components/traffic/world/world";
import { codes, routes, service } from "../support/worlds";

/** What an API server has, by the path at which it is asked for. */
type Has = Readonly<Record<string, readonly object[] | number>>;

const labels = (version: string): Record<string, string> => ({ app: "review", version });

function pod(name: string, version: string, maker?: string, more: object = {}): object {
    const ownerReferences =
        maker === undefined ? [] : [{ kind: "ReplicaSet", name: maker, uid: maker, controller: true }];
    return {
        metadata: { name, namespace: "shop", labels: labels(version), ownerReferences },
        spec: { containers: [{ name: "review", image: `review:${version}` }] },
        status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
        ...more,
    };
}

describe("the pods of a Service for which a cluster has no workload", () => {
    let server: http.Server;
    let asked: string[];
    let has: Has;

    beforeEach((done) => {
        [asked, has] = [[], {}];
        server = http.createServer((request, response) => {
            const url = request.url ?? "";
            asked.push(url);
            const items = has[decodeURIComponent(url)] ?? [];
            if (typeof items === "number") response.statusCode = items;
            response.end(JSON.stringify({ items }));
        });
        server.listen(0, "127.0.0.1", done);
    });
    afterEach((done) => {
        server.close(done);
        server.closeAllConnections();
    });

    function live(): Promise<World> {
        const { port } = server.address() as AddressInfo;
        const kubeconfig = {
            clusters: [
                { name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
            ],
            users: [{ name: "u", user: { token: "secret" } }],
            contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
            "current-context": "x",
        };
        return liveWorld({ kubeconfig: JSON.stringify(kubeconfig) });
    }

    const services = (selector?: object): Has => ({
        "/api/v1/services": [
            {
                metadata: { name: "review", namespace: "shop" },
                spec: { selector, ports: [{ name: "http", port: 80 }] },
            },
        ],
    });
    const podsAt = "/api/v1/namespaces/shop/pods?labelSelector=app=review";
    const host = "review.shop.svc.cluster.local";

    it("are asked for, and are one workload for each who makes them, and one for each that nobody does", async () => {
        has = {
            ...services({ app: "review" }),
            [podsAt]: [
                pod("a", "v1", "review-1"),
                pod("b", "v1", "review-1"),
                pod("c", "v2", "review-2"),
                pod("d", "v2"),
            ],
        };
        const workloads = workloadsBehind(await live(), host);
        assert.deepEqual(
            workloads.map(({ name, pods, labels }) => [name, pods, labels.version]),
            [
                ["review-1", 2, "v1"],
                ["review-2", 1, "v2"],
                ["d", 1, "v2"],
            ],
        );
    });
    it("make it one that has users, so that its first split is a step like any other", async () => {
        has = { ...services({ app: "review" }), [podsAt]: [pod("a", "v1", "review-1"), pod("b", "v2", "review-2")] };
        const before = await live();
        const [, , , destinations] = service();
        assert.ok(destinations?.kind === "DestinationRule");
        const split = (v2: number): World => overlay(before, [destinations, routes({ weights: { v1: 100 - v2, v2 } })]);
        assert.deepEqual(codes(before, split(100)), ["raise"]);
        assert.deepEqual(codes(before, split(60)), []);
        has = services({ app: "review" });
        const empty = await live();
        assert.deepEqual(codes(empty, overlay(empty, [destinations, routes({ weights: { v1: 0, v2: 100 } })])), []);
    });
    it("are those that run, and none that ended or is on its way out", async () => {
        const gone = pod("b", "v1", undefined, {
            metadata: { name: "b", namespace: "shop", labels: labels("v1"), deletionTimestamp: "2026-01-01T00:00:00Z" },
        });
        const ended = pod("c", "v1", undefined, { status: { phase: "Succeeded" } });
        const starting = pod("d", "v1", undefined, { status: { phase: "Pending" } });
        has = { ...services({ app: "review" }), [podsAt]: [gone, ended, starting] };
        assert.deepEqual(
            workloadsBehind(await live(), host).map(({ name, ready }) => [name, ready]),
            [["d", 0]],
        );
    });
    it("are not asked for where it has a workload, or selects nothing", async () => {
        const template = { metadata: { labels: labels("v1") }, spec: { containers: [] } };
        const workload = { metadata: { name: "review-v1", namespace: "shop" }, spec: { replicas: 2, template } };
        has = { ...services({ app: "review" }), "/apis/apps/v1/deployments": [workload] };
        assert.equal(workloadsBehind(await live(), host).length, 1);
        has = services();
        assert.equal(reading(await live()).workloads.length, 0);
        assert.ok(!asked.some((url) => url.includes("/pods")));
    });
    it("are none to who may not see them", async () => {
        has = { ...services({ app: "review" }), [podsAt]: 403 };
        assert.deepEqual(workloadsBehind(await live(), host), []);
        has = { ...services({ app: "review" }), [podsAt]: 500 };
        await assert.rejects(live(), /500/);
    });
});
