import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { countersIn, type Workload } from "../../rollout/graph/counters";
import { graphBetween, type ProxyReading, wholeShares, withVersions } from "../../rollout/graph/graph";
import { layoutOf } from "../../rollout/graph/layout";
import { graphSvg } from "../../rollout/graph/svg";
import { graphTable } from "../../rollout/graph/table";

const at = (service: string, version = "v1"): Workload => ({ namespace: "hands-on", service, version });
const composite = at("product-composite");

/** One proxy of product-composite that has sent so many requests to each destination, `review/v2: 20`. */
const reading = (sent: Record<string, number>, failed = 0, pod = "composite-1"): ProxyReading => ({
    pod,
    from: composite,
    counters: Object.entries(sent).map(([to, requests]) => {
        const [service = "", version] = to.split("/");
        return { to: at(service, version), requests, failed };
    }),
});
const nothing = reading({});
const shares = (graph: ReturnType<typeof graphBetween>): Record<string, number> =>
    Object.fromEntries(
        graph.edges.map(({ to, share }) => [`${to.service}/${to.version}`, Math.round(share * 10) / 10]),
    );

describe("the traffic graph", () => {
    it("shows a third of the caller's requests going to review, 26.7 to v1 and 6.7 to v2, as the seed has it", () => {
        const after = reading({ "product/v1": 1000, "recommendation/v1": 1000, "review/v1": 800, "review/v2": 200 });
        const graph = graphBetween([nothing], [after], 10);
        assert.deepEqual(shares(graph), {
            "product/v1": 33.3,
            "recommendation/v1": 33.3,
            "review/v1": 26.7,
            "review/v2": 6.7,
        });
        assert.deepEqual(
            graph.edges.filter(({ to }) => to.service === "review").map(({ shareOfService }) => shareOfService),
            [80, 20],
        );
        assert.match(graphTable(graph), /│ v2 +│ +6\.7 % │ +20\.0 % │ +20\.0 │ +0 │/);
    });
    it("counts what was sent between the readings, and nothing of before", () => {
        const graph = graphBetween(
            [reading({ "review/v1": 5000 })],
            [reading({ "review/v1": 5080, "review/v2": 20 })],
            1,
        );
        assert.deepEqual(
            graph.edges.map(({ to, requests }) => [to.version, requests]),
            [
                ["v1", 80],
                ["v2", 20],
            ],
        );
    });
    it("counts anew for a proxy that was started anew, and whole for one that came up meanwhile", () => {
        const before = [reading({ "review/v1": 5000 })];
        const after = [reading({ "review/v1": 30 }), reading({ "review/v1": 12 }, 0, "composite-2")];
        assert.equal(graphBetween(before, after, 1).edges[0]?.requests, 42);
    });
    it("has no edge where nothing was sent", () => {
        assert.deepEqual(graphBetween([reading({ "review/v1": 7 })], [reading({ "review/v1": 7 })], 1).edges, []);
    });
    it("leaves out what is not to be shown, and takes no share for it", () => {
        const after = reading({ "zipkin/v1": 300, "review/v1": 100 });
        assert.deepEqual(shares(graphBetween([], [after], 1, ({ service }) => service !== "zipkin")), {
            "review/v1": 100,
        });
    });
    it("takes the only version there is for a route that names none, and none of several", () => {
        const sent = [reading({ "product-composite/": 5 })];
        const version = (versions: string[]): string | undefined =>
            withVersions(sent, () => versions)[0]?.counters[0]?.to.version;
        assert.equal(version(["v1"]), "v1");
        assert.equal(version(["v1", "v2"]), "");
    });

    const counts = fc.dictionary(
        fc.constantFrom("review/v1", "review/v2", "product/v1", "product/v2", "b/v1"),
        fc.nat({ max: 10_000 }),
    );
    it("has shares that sum to 100 for every caller, and to 100 for every service of it", () => {
        fc.assert(
            fc.property(counts, counts, (first, more) => {
                const second = Object.fromEntries(
                    Object.keys({ ...first, ...more }).map((to) => [to, (first[to] ?? 0) + (more[to] ?? 0)]),
                );
                const { edges } = graphBetween([reading(first)], [reading(second)], 1);
                const sent = Object.values(more).reduce((sum, count) => sum + count, 0);
                assert.equal(
                    edges.reduce((sum, { requests }) => sum + requests, 0),
                    sent,
                );
                if (sent === 0) return;
                assert.ok(Math.abs(edges.reduce((sum, { share }) => sum + share, 0) - 100) < 1e-6);
                for (const service of new Set(edges.map(({ to }) => to.service))) {
                    const own = edges.filter(({ to }) => to.service === service);
                    assert.ok(Math.abs(own.reduce((sum, edge) => sum + edge.shareOfService, 0) - 100) < 1e-6);
                }
            }),
        );
    });
    it("rounds 33.3 in 26.6 and 6.7 to 33 in 26 and 7, and never off by one or more", () => {
        assert.deepEqual(wholeShares([26.6, 6.7]), [26, 7]);
        fc.assert(
            fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (given) => {
                const whole = wholeShares(given);
                const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
                assert.equal(sum(whole), Math.round(sum(given)));
                whole.forEach((value, index) => assert.ok(Math.abs(value - (given[index] ?? 0)) <= 1));
            }),
        );
    });
});

describe("what a proxy has counted", () => {
    const name = (cluster: string, counter: string): string => `cluster.outbound|80|${cluster};.upstream_rq_${counter}`;
    it("is requests by version and namespace, with those that failed", () => {
        const stats = [
            { name: name("v2|review.hands-on.svc.cluster.local", "2xx"), value: 20 },
            { name: name("v2|review.hands-on.svc.cluster.local", "4xx"), value: 2 },
            { name: name("v2|review.hands-on.svc.cluster.local", "5xx"), value: 1 },
            { name: "cluster.outbound|80||flaskapp.stage.svc.cluster.local.upstream_rq_2xx", value: 7 },
            { name: name("|api.example.com", "2xx"), value: 3 },
        ];
        assert.deepEqual(countersIn({ stats }), [
            { to: at("review", "v2"), requests: 23, failed: 1 },
            { to: { namespace: "stage", service: "flaskapp", version: "" }, requests: 7, failed: 0 },
            { to: { namespace: "", service: "api.example.com", version: "" }, requests: 3, failed: 0 },
        ]);
    });
    it("is not counted twice by origin, nor taken from what came in", () => {
        const stats = [
            { name: "cluster.outbound|80|v2|review.hands-on.svc.cluster.local;.external.upstream_rq_2xx", value: 20 },
            { name: "cluster.outbound|80|v2|review.hands-on.svc.cluster.local.internal.upstream_rq_2xx", value: 20 },
            { name: "cluster.inbound|8080||;.upstream_rq_2xx", value: 20 },
            { name: "cluster.xds-grpc.upstream_rq_2xx", value: 20 },
        ];
        assert.deepEqual(countersIn({ stats }), []);
        assert.deepEqual(countersIn({}), []);
    });
});

describe("the picture of a graph", () => {
    const edge = (from: string, to: string) => ({
        from: at(from),
        to: at(to),
        requests: 10,
        failed: 0,
        share: 100,
        shareOfService: 100,
    });
    const graphOf = (...pairs: [string, string][]) => ({
        seconds: 10,
        edges: pairs.map(([from, to]) => edge(from, to)),
    });
    const columns = (graph: ReturnType<typeof graphOf>): Record<string, number> => {
        const { boxes } = layoutOf(graph);
        const lefts = [...new Set(boxes.map(({ x }) => x))].sort((a, b) => a - b);
        return Object.fromEntries(boxes.map(({ service, x }) => [service.service, lefts.indexOf(x)]));
    };

    it("has every callee to the right of its caller", () => {
        assert.deepEqual(columns(graphOf(["gateway", "a"], ["a", "b"], ["gateway", "b"], ["b", "c"])), {
            gateway: 0,
            a: 1,
            b: 2,
            c: 3,
        });
    });
    it("comes to an end where services call each other in a circle", () => {
        assert.deepEqual(columns(graphOf(["a", "b"], ["b", "a"])), { a: 0, b: 1 });
        assert.deepEqual(columns(graphOf(["gateway", "a"], ["a", "b"], ["b", "a"], ["b", "b"])), {
            gateway: 0,
            a: 1,
            b: 2,
        });
    });
    it("has no two boxes that overlap, and all within the picture", () => {
        const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
        fc.assert(
            fc.property(fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 12 }), (pairs) => {
                const { boxes, width, height } = layoutOf(graphOf(...pairs));
                for (const box of boxes) {
                    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height);
                    for (const other of boxes.filter((candidate) => candidate !== box))
                        assert.ok(
                            box.x + box.width <= other.x ||
                                other.x + other.width <= box.x ||
                                box.y + box.height <= other.y ||
                                other.y + other.height <= box.y,
                        );
                }
            }),
        );
    });
    it("labels the edges to review with 7 and 26 percent, and says which fail", () => {
        const after = reading({ "product/v1": 1000, "recommendation/v1": 1000, "review/v1": 790, "review/v2": 210 });
        const svg = graphSvg(graphBetween([nothing], [after], 10));
        for (const label of ["26 %", "7 %", "33 %"]) assert.ok(svg.includes(`>${label}</text>`), label);
        const failing = graphSvg(graphBetween([nothing], [reading({ "review/v1": 100 }, 5)], 10));
        assert.match(failing, /100 %, 5\.0 % failed/);
    });
    it("takes names for text, whatever they hold", () => {
        const svg = graphSvg(graphOf(["<script>", 'a"&b']));
        assert.ok(svg.includes("&lt;script&gt;") && svg.includes("a&quot;&amp;b") && !svg.includes("<script>"));
    });
    it("is there without traffic too", () => {
        assert.match(graphSvg({ seconds: 10, edges: [] }), /^<svg[\s\S]*<\/svg>\n$/);
    });
});
