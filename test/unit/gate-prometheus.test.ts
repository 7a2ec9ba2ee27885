import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { ProxyMetrics } from "../../components/mesh/addons/queries";
import { countsBetween, type Reading, type VersionCounts } from "../../rollout/gate/counts";
import { Gate } from "../../rollout/gate/gate";
import { PrometheusCounts } from "../../rollout/gate/sources/prometheus";
import { rowsIn } from "../../rollout/gate/sources/rows";
import { Windows } from "../../rollout/gate/windows";
import { until } from "../support/apiserver";
import {
    prometheusProgram,
    startExporter,
    startPrometheus,
    type Exporter,
    type RunningPrometheus,
} from "../support/gatePrometheus";

/** What a caller's proxy has counted of one version: answers by status, and how many took no longer than 100 ms. */
interface Told {
    readonly ok: number;
    readonly failed?: number;
    readonly fast?: number;
}

/** What upstream Envoy exposes, with what looks alike and is not to be counted. */
function envoy(versions: Readonly<Record<string, Told>>): string {
    const of = ([version, { ok, failed = 0, fast = 0 }]: [string, Told]): string[] => {
        const cluster = `cluster_name="outbound|80|${version}|review.shop.svc.cluster.local"`;
        return [
            `envoy_cluster_upstream_rq{response_code_class="2xx",${cluster}} ${ok}`,
            `envoy_cluster_upstream_rq{response_code="200",${cluster}} ${ok}`,
            ...(failed ? [`envoy_cluster_upstream_rq{response_code_class="5xx",${cluster}} ${failed}`] : []),
            ...(failed ? [`envoy_cluster_upstream_rq{response_code="503",${cluster}} ${failed}`] : []),
            `envoy_cluster_upstream_rq_time_bucket{le="100",${cluster}} ${fast}`,
            `envoy_cluster_upstream_rq_time_bucket{le="+Inf",${cluster}} ${ok + failed}`,
        ];
    };
    const others = [
        "outbound|80|v2|review.stage.svc.cluster.local",
        "outbound|80|v2|preview.shop.svc.cluster.local",
        "inbound|80||",
    ];
    return lines([
        ...Object.entries(versions).flatMap(of),
        ...others.map((cluster) => `envoy_cluster_upstream_rq{response_code_class="5xx",cluster_name="${cluster}"} 99`),
    ]);
}

/** What Istio's proxies expose. */
function istio(versions: Readonly<Record<string, Told & { readonly grpcFailed?: number }>>): string {
    const of = ([version, { ok, failed = 0, fast = 0, grpcFailed = 0 }]: [
        string,
        (typeof versions)[string],
    ]): string[] => {
        const own = `destination_service_name="review",destination_service_namespace="shop",destination_version="${version}"`;
        const counter = `istio_requests_total{reporter="source",${own},request_protocol=`;
        return [
            `${counter}"http",response_code="200",response_flags="-"} ${ok}`,
            `${counter}"http",response_code="503",response_flags="UH"} ${failed}`,
            `${counter}"http",response_code="503",response_flags="UF"} 0`,
            `${counter}"grpc",response_code="200",grpc_response_status="14"} ${grpcFailed}`,
            `${counter}"grpc",response_code="200",grpc_response_status="5"} 0`,
            `istio_requests_total{reporter="destination",${own},response_code="200"} 99`,
            `istio_request_duration_milliseconds_bucket{reporter="source",le="100",response_code="200",${own}} ${fast}`,
            `istio_request_duration_milliseconds_bucket{reporter="source",le="+Inf",response_code="200",${own}} ${ok}`,
            `istio_request_duration_milliseconds_bucket{reporter="source",le="+Inf",response_code="503",${own}} ${failed + grpcFailed}`,
        ];
    };
    const other = `destination_service_namespace="stage",destination_version="v2",response_code="503"`;
    return lines([
        ...Object.entries(versions).flatMap(of),
        `istio_requests_total{reporter="source",destination_service_name="review",${other}} 99`,
    ]);
}

const lines = (all: readonly string[]): string => `${all.join("\n")}\n`;
const review = { name: "review", namespace: "shop" };

describe("counts by way of a running Prometheus", function () {
    this.timeout(60_000);
    let [edge, product]: Exporter[] = [];
    let prometheus: RunningPrometheus;
    let exporters: readonly [Exporter, Exporter];

    before(async function () {
        if (!fs.existsSync(prometheusProgram)) return this.skip();
        [edge, product] = [await startExporter(), await startExporter()];
        exporters = [edge, product];
        prometheus = await startPrometheus(exporters.map(({ target }) => target));
    });
    after(async () => {
        await prometheus?.stop();
        exporters?.forEach((exporter) => exporter.close());
    });

    const source = (metrics: ProxyMetrics): PrometheusCounts =>
        new PrometheusCounts({ url: prometheus.url, metrics, scrapeSeconds: 0.2 });
    const total = ({ callers }: Reading, version: string): number =>
        callers.reduce((sum, { versions }) => sum + (versions[version]?.requests ?? 0), 0);
    /** Reads until that many requests to v1 have been counted. */
    const readingWith = (metrics: ProxyMetrics, v1: number, callers = 2): Promise<Reading> =>
        until(`${v1} requests to v1 by ${callers} callers are scraped`, 20_000, async () => {
            const reading = await source(metrics).read(review);
            return reading.callers.length === callers && total(reading, "v1") === v1 && reading;
        });

    for (const [metrics, expose] of [
        [ProxyMetrics.Envoy, envoy],
        [ProxyMetrics.Istio, istio],
    ] as const) {
        describe(`of ${metrics}`, () => {
            const set = (one: Parameters<typeof expose>[0], other: Parameters<typeof expose>[0]): void => {
                [exporters[0].metrics, exporters[1].metrics] = [expose(one), expose(other)];
            };
            const counts = (requests: number, failed: number, fast: number): VersionCounts => ({
                requests,
                failed,
                timed: new Map([
                    [100, fast],
                    [Infinity, requests],
                ]),
            });

            it("are whole, by caller and version, of this service and as callers saw them", async () => {
                set(
                    { v1: { ok: 1_234_567, fast: 1_000_000 }, v2: { ok: 40, failed: 3, fast: 20 } },
                    { v1: { ok: 7, fast: 7 } },
                );
                const { callers } = await readingWith(metrics, 1_234_574);
                assert.deepEqual(
                    callers.map(({ caller, versions }) => [caller.split(" ")[1], versions]).sort(),
                    [
                        [exporters[0].target, { v1: counts(1_234_567, 0, 1_000_000), v2: counts(43, 3, 20) }],
                        [exporters[1].target, { v1: counts(7, 0, 7) }],
                    ].sort(),
                );
            });
            it("differ by exactly what came meanwhile, at a proxy that was started anew too, and where a version is new", async () => {
                set({ v1: { ok: 1000, fast: 900 } }, { v1: { ok: 500, failed: 2, fast: 400 } });
                const before = await readingWith(metrics, 1502);
                set(
                    { v1: { ok: 1007, failed: 1, fast: 905 }, v2: { ok: 3, fast: 1 } },
                    { v1: { ok: 20, failed: 1, fast: 20 } },
                );
                const after = await readingWith(metrics, 1029);
                assert.deepEqual(countsBetween(before, after), {
                    v1: counts(8 + 21, 1 + 1, 5 + 20),
                    v2: counts(3, 0, 1),
                });
                assert.ok(after.at > before.at);
            });
            it("of a caller that can't be scraped for a while come with its next window", async () => {
                const windows = new Windows(0);
                const names = { canary: "v2", stable: "v1", step: 1 };
                set({ v1: { ok: 100 } }, { v1: { ok: 5000 } });
                windows.next(await readingWith(metrics, 5100), names);
                exporters[1].isBroken = true;
                windows.next(await readingWith(metrics, 100, 1), names);
                exporters[1].isBroken = false;
                set({ v1: { ok: 100 } }, { v1: { ok: 5030 } });
                assert.equal(windows.next(await readingWith(metrics, 5130), names)?.stable?.requests, 30);
            });
        });
    }
    // In a block of its own: mocha runs what stands beside blocks before them.
    describe("of proxies and a Prometheus that fail", () => {
        it("take a gRPC status for what it is: 14 behind a status of 200 is a failure, and 5 is none", async () => {
            exporters.forEach((exporter) => (exporter.metrics = istio({ v1: { ok: 10, failed: 1, grpcFailed: 2 } })));
            const { callers } = await readingWith(ProxyMetrics.Istio, 26);
            assert.deepEqual(
                callers.map(({ versions }) => versions.v1?.failed),
                [3, 3],
            );
        });
        it("are an error where the proxies have the other kind of metrics, and say how to look", async () => {
            exporters.forEach((exporter) => (exporter.metrics = istio({ v1: { ok: 10 } })));
            await until("Envoy's counters are gone", 20_000, async () =>
                source(ProxyMetrics.Envoy)
                    .read(review)
                    .then(
                        () => false,
                        () => true,
                    ),
            );
            await assert.rejects(source(ProxyMetrics.Envoy).read(review), (error: Error) => {
                assert.match(
                    error.message,
                    /^Prometheus at http:\/\/127\.0\.0\.1:\d+ has no requests to review\.shop: .*"envoy"\.\n {2}fix: curl -fsS http/,
                );
                return true;
            });
        });
        it("are an error where every proxy is out of reach: old counts are no counts", async () => {
            exporters.forEach((exporter) => (exporter.isBroken = true));
            await until("all counters are gone", 20_000, async () =>
                source(ProxyMetrics.Istio)
                    .read(review)
                    .then(
                        () => false,
                        () => true,
                    ),
            );
            await assert.rejects(source(ProxyMetrics.Istio).read(review), /has no requests to review\.shop/);
            exporters.forEach((exporter) => (exporter.isBroken = false));
        });
        it("are an error once Prometheus has died, and the gate then neither promotes nor rolls back", async () => {
            const gate = new Gate({
                service: "review",
                canary: "v2",
                stable: "v1",
                before: [],
                settings: { latency: false },
            });
            const window = {
                seconds: 200,
                step: 1,
                canary: { requests: 500, failed: 0 },
                stable: { requests: 500, failed: 1 },
            };
            gate.add(window);
            assert.equal(gate.verdict().verdict, "pass");
            await prometheus.stop();
            await source(ProxyMetrics.Istio)
                .read(review)
                .catch((error: Error) => gate.miss(error.message));
            const { verdict, reason } = gate.verdict();
            assert.equal(verdict, "inconclusive");
            assert.match(
                reason,
                /^review: no data, so it neither goes on nor back\. Prometheus at http:\S+ gives no counts: .*ECONNREFUSED.*\n {2}fix: curl -fsS http:\S+\/-\/ready$/,
            );
        });
    });
});

describe("an answer of Prometheus", () => {
    const vector = (extra: object): string =>
        JSON.stringify({ status: "success", data: { resultType: "vector", result: [] }, ...extra });
    it("is refused where it is an error, warns of parts that are missing, or is something else", () => {
        assert.deepEqual(rowsIn(200, vector({})), []);
        assert.throws(
            () => rowsIn(400, JSON.stringify({ status: "error", error: "parse error" })),
            /answered 400: parse error/,
        );
        assert.throws(() => rowsIn(503, vector({})), /answered 503/);
        assert.throws(() => rowsIn(200, vector({ warnings: ["store unreachable"] })), /it warns: store unreachable/);
        assert.throws(
            () => rowsIn(200, "<html>Log in</html>"),
            /answered 200 with what is no answer of Prometheus: <html>/,
        );
        const matrix = { data: { resultType: "matrix", result: [] } };
        assert.throws(() => rowsIn(200, vector(matrix)), /no answer of Prometheus/);
    });
});
