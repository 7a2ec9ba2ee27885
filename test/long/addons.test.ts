import * as assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { edgesQuery, latencyQuery, ProxyMetrics, successQuery } from "../../components/mesh/addons/queries";
import { judgeShare } from "../../rollout/share";
import { call, edgeOf } from "../../systems/play/edge";
import { measureGraph } from "../../rollout/graph/measure";
import { measure } from "../../systems/play/measure";
import { pulumi } from "../../rollout/pulumi";
import { shop } from "../../systems/shop/story";
import { type StackOutputs, stackOutputs } from "../../systems/play/outputs";
import { removeBoth, stackOnCluster } from "../support/stackOnCluster";

const name = "addons-test";

interface Vector {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}
interface SeenEdge {
    from: { service: string };
    to: { service: string; version: string };
    shareOfService: number;
}

/** The shop at 80/20, with the addons beside the mesh. */
describe("the traffic graph and the addons on the mesh", function () {
    this.timeout(600_000);
    this.bail(true);
    let outputs: StackOutputs;

    before("brings up a cluster", async function () {
        this.timeout(900_000);
        const weights = { "weights.review.v1": 80, "weights.review.v2": 20 };
        await stackOnCluster(name, { "addons.enabled": true, ...weights });
        await pulumi(["up", "--yes", "--skip-preview", "--stack", name]);
        outputs = await stackOutputs(name);
    });

    after("destroys it", async function () {
        this.timeout(600_000);
        await removeBoth(name);
    });

    const load = async (requests: number): Promise<void> => {
        const wanted = { services: ["review"], requests, rate: 60, headers: {} };
        for (const { failed, failures } of await measure(shop, outputs, wanted))
            assert.equal(failed, 0, JSON.stringify(failures));
    };
    const ask = async <T>(host: string, path: string): Promise<T> => {
        const { status, body } = await call(
            { ...edgeOf(outputs, "shop"), scheme: "http", host, address: outputs.httpAddress ?? "" },
            path,
        );
        assert.equal(status, 200, `${host}${path}: ${body}`);
        return JSON.parse(body) as T;
    };
    const query = async (promQL: string): Promise<Vector["data"]["result"]> =>
        (await ask<Vector>("prom.localhost", `/api/v1/query?query=${encodeURIComponent(promQL)}`)).data.result;

    it("counts at the proxies who calls whom: a third of the composite's requests go to review, split 80/20", async () => {
        const requests = 1000;
        const { edges, silent } = await measureGraph(outputs, () => load(requests));
        assert.deepEqual(
            silent.filter((pod) => /gateway|composite/.test(pod)),
            [],
        );
        const ofComposite = edges.filter(({ from }) => from.service === "product-composite");
        const toReview = ofComposite.filter(({ to }) => to.service === "review");
        assert.equal(
            toReview.reduce((sum, edge) => sum + edge.requests, 0),
            requests,
        );
        assert.ok(Math.abs(toReview.reduce((sum, { share }) => sum + share, 0) - 100 / 3) < 1);
        for (const { to, requests: count } of toReview)
            assert.ok(judgeShare(to.version === "v2" ? 20 : 80, count, requests).within, `${to.version}: ${count}`);
        // The gateway also asked for the load's token.
        const fromGateway = edges.filter(({ from }) => from.service === "istio-ingressgateway");
        assert.equal(fromGateway.find(({ to }) => to.service === "product-composite")?.requests, requests);
    });

    it("has every request in Prometheus too, with success and latency of each version", async () => {
        const sending = load(6000);
        try {
            const toReview = async () =>
                (await query(edgesQuery(ProxyMetrics.Envoy, 60))).filter(
                    ({ metric }) => metric.destination === "review",
                );
            // A counter's first reading counts for nothing: the shares are right once the whole window lies after it.
            const edges = await eventually("share of 20 % for v2 of review in a whole window", async () => {
                const seen = await toReview();
                const total = seen.reduce((sum, { value }) => sum + Number(value[1]), 0);
                const v2 = Number(seen.find(({ metric }) => metric.destination_version === "v2")?.value[1] ?? 0);
                return seen.length === 2 && total > 1000 && judgeShare(20, v2, total).within ? seen : undefined;
            });
            for (const { metric } of edges)
                assert.deepEqual(
                    [metric.source, metric.source_version, metric.destination_namespace, metric.class],
                    ["product-composite", "v1", "hands-on", "2xx"],
                );
            const success = await query(successQuery(ProxyMetrics.Envoy, 60));
            assert.ok(
                success
                    .filter(({ metric }) => metric.destination === "review")
                    .every(({ value }) => value[1] === "100"),
            );
            const [median] = (await query(latencyQuery(ProxyMetrics.Envoy, 0.5, 60))).filter(
                ({ metric }) => metric.destination === "review" && metric.destination_version === "v2",
            );
            assert.ok(Number(median?.value[1]) > 0);
            const graph = await ask<{ edges: SeenEdge[] }>("kiali.localhost", "/api/graph");
            const seen = graph.edges.filter(
                ({ from, to }) => from.service === "product-composite" && to.service === "review",
            );
            assert.deepEqual(seen.map(({ to }) => to.version).sort(), ["v1", "v2"]);
            const { workloads } = await ask<{ workloads: { service: string; success: number }[] }>(
                "grafana.localhost",
                "/api/workloads",
            );
            assert.ok(workloads.some(({ service, success: rate }) => service === "review" && rate === 100));
        } finally {
            await sending;
        }
    });

    it("can only be read from outside", async () => {
        const edge = { ...edgeOf(outputs, "shop"), scheme: "http" as const, address: outputs.httpAddress ?? "" };
        const ask = async (method: "GET" | "POST", host: string, path: string): Promise<number> =>
            (await call({ ...edge, host }, path, { method, ...(method === "POST" && { body: "[]" }) })).status;
        for (const host of ["tracing.localhost", "kiali.localhost", "grafana.localhost"]) {
            assert.equal(await ask("POST", host, "/api/v2/spans"), 404, host);
            assert.equal(await ask("GET", host, "/targets"), 404, host);
            assert.equal(await ask("GET", host, "/graph"), 200, host);
        }
        assert.equal(await ask("GET", "prom.localhost", "/debug/pprof/cmdline"), 404);
    });

    it("shows a request's way through the mesh as a trace", async () => {
        const way = ["product-composite.hands-on", "review.hands-on"];
        await eventually("a trace of composite and review", async () => {
            const traces = await ask<{ services: string[] }[]>("tracing.localhost", "/api/traces");
            return traces.find(({ services }) =>
                way.every((service) => services.some((one) => one.startsWith(service))),
            );
        });
    });
});

/** Waits for what comes with the next readings of the proxies. */
async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + 120_000;
    for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        if (Date.now() > deadline) throw new Error(`There is no ${what} after two minutes.`);
        await pause(500);
    }
}
