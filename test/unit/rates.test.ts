import * as assert from "node:assert/strict";
import { ratesIn, ratesQuery } from "../../rollout/plan/rates";

const row = (destination: string, version: string, rate: string, namespace = "hands-on") => ({
    metric: { destination, destination_version: version, destination_namespace: namespace },
    value: [1763737200, rate],
});
const answer = (...result: object[]) => ({ status: "success", data: { resultType: "vector", result } });

describe("measured rates", () => {
    it("are requests a second by service and version", () => {
        const rates = ratesIn(
            answer(row("review", "v1", "14.2"), row("review", "v2", "0.8"), row("product", "v1", "15")),
        );
        assert.deepEqual(rates, { review: { v1: 14.2, v2: 0.8 }, product: { v1: 15 } });
    });
    it("leave out what has no version, is no number, or has a name that is in two namespaces", () => {
        const rates = ratesIn(
            answer(
                row("composite", "", "15"),
                row("review", "v1", "NaN"),
                row("store", "v1", "1", "prod"),
                row("store", "v1", "2", "stage"),
            ),
        );
        assert.deepEqual(rates, {});
    });
    it("are none where Prometheus answers with an error", () => {
        assert.deepEqual(ratesIn({ status: "error", error: "too busy" }), {});
    });
    it("are asked of Istio's own proxies and of upstream Envoy at once", () => {
        assert.match(ratesQuery, /istio_requests_total.* or sum by .*envoy_cluster_upstream_rq/);
    });
});
