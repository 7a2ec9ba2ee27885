import * as assert from "node:assert/strict";
import { type PodSeen, servedProblems, type Wanted } from "../../components/traffic/split/served";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { service, world } from "../support/worlds";

const host = "review.shop.svc.cluster.local";
const object = (kind: string, of: object): Placed => placed(kind, of as Body);
const istiod = (rev?: string): Placed =>
    object("Service", {
        metadata: {
            name: "istiod",
            namespace: "istio-system",
            labels: { app: "istiod", ...(rev && { "istio.io/rev": rev }) },
        },
        spec: { selector: { app: "istiod" } },
    });
const pod = (labels: Record<string, string>, hasProxy = true, namespace = "shop"): PodSeen => ({
    namespace,
    labels,
    hasProxy,
});
const wanted = (labels?: Parameters<typeof subsetsFor>[0], more: Partial<Wanted> = {}): Wanted => ({
    service: "review",
    namespace: "shop",
    destinations: ["v1", "v2"].map((subset) => ({ host, subset })),
    subsets: subsetsFor(labels ?? { host: "review", versions: ["v1", "v2"] }).subsets,
    isForMesh: true,
    ...more,
});
const told = (asked: Wanted, objects: readonly Placed[], pods: readonly PodSeen[] = []): string[] =>
    servedProblems(asked, world([istiod(), ...objects]), pods).map(
        ({ at, message, fix }) => `${at}: ${message}\n  fix: ${fix}`,
    );
const split = (v1: object, v2: object): Placed[] => [
    object("Service", { metadata: { name: "review", namespace: "shop" }, spec: { selector: { app: "review" } } }),
    ...[v1, v2].map((labels, index) =>
        object(index === 0 ? "Deployment" : "StatefulSet", {
            metadata: { name: `review-${index + 1}`, namespace: "shop" },
            spec: { replicas: 1, template: { metadata: { labels: { app: "review", ...labels } } } },
        }),
    ),
];

describe("what routes lead to", () => {
    it("is in order where somebody answers for each version, by workload or by pod alone", () => {
        assert.deepEqual(told(wanted(), service()), []);
        const bare = [pod({ app: "review", version: "v1" }), pod({ app: "review", version: "v2" })];
        assert.deepEqual(told(wanted(), split({}, {}).slice(0, 1), bare), []);
    });
    it("is nobody where the Service is not there", () => {
        assert.match(
            told(wanted(), []).join("\n"),
            /^review: Service review\.shop: is not there.*\n {2}fix: deploy it first/,
        );
    });
    it("is nobody where the Service has no selector, with the command that gives it one", () => {
        const bare = object("Service", { metadata: { name: "review", namespace: "shop" }, spec: {} });
        assert.deepEqual(told(wanted(), [bare]), [
            `review: Service review.shop: has no selector, so that no pod is behind it, and none can be told by its version\n  fix: kubectl -n shop patch service review -p '{"spec":{"selector":{"app":"review"}}}'`,
        ]);
    });
    it("is nobody where no pod has what the Service selects", () => {
        assert.match(
            told(wanted(), split({}, {}).slice(0, 1)).join(),
            /selects app=review, and no pod has that.*\n {2}fix: kubectl -n shop get pods --show-labels/,
        );
    });
    it("is no version where its pods lack the label, with the workload that is to get it", () => {
        assert.deepEqual(told(wanted(), split({ version: "v1" }, {})), [
            `review: Service review.shop: has no pod with version=v2, by which version v2 is told; its pods have app=review, version=v1\n  fix: kubectl -n shop patch statefulset/review-2 -p '{"spec":{"template":{"metadata":{"labels":{"version":"v2"}}}}}'`,
        ]);
    });
    it("is no version where its pods have another label for it, with that label's name", () => {
        const label = "app.kubernetes.io/version";
        assert.match(
            told(wanted(), split({ [label]: "v1" }, { [label]: "v2" })).join("\n"),
            /version v1 is told; its pods have app\.kubernetes\.io\/version=v1\|v2\n {2}fix: versionLabel: "app\.kubernetes\.io\/version"/,
        );
    });
    it("is each version by any label, and by any value of it", () => {
        const versionLabel = "app.kubernetes.io/version";
        const labels = { host: "review", versions: ["v1", "v2"], versionLabel, labelValues: { v2: "2.0.1" } };
        assert.deepEqual(told(wanted(labels), split({ [versionLabel]: "v1" }, { [versionLabel]: "2.0.1" })), []);
    });
    it("is not asked of a version that no request reaches, and of a host of the outside", () => {
        const reached = wanted(undefined, {
            destinations: [
                { host, subset: "v1" },
                { host: "api.example.com", subset: "" },
            ],
        });
        assert.deepEqual(told(reached, split({ version: "v1" }, {})), []);
    });
});

describe("who follows routes", () => {
    const labels = { app: "review", version: "v1" };

    it("is nobody in a namespace whose pods have no proxies, with the commands that give them some", () => {
        const [problem = ""] = told(wanted(), service(), [
            pod(labels, false),
            pod({ app: "elsewhere" }, true, "other"),
        ]);
        assert.equal(
            problem,
            "review: namespace shop: none of its 1 pods has the mesh's proxy: their calls would go by the number of pods, whatever the weights are\n" +
                "  fix: kubectl label namespace shop istio-injection=enabled --overwrite && kubectl -n shop rollout restart deployment",
        );
    });
    it("asks the mesh's own revision for proxies", () => {
        const problems = servedProblems(wanted(), world([istiod("1-31"), ...service()]), [pod(labels, false)]);
        assert.match(problems[0]?.fix ?? "", /label namespace shop istio\.io\/rev=1-31 /);
    });
    it("are the callers with a proxy, whoever else has none, and gateways wherever they are", () => {
        assert.deepEqual(told(wanted(), service(), [pod(labels, false), pod({ app: "caller" })]), []);
        assert.deepEqual(told(wanted(undefined, { isForMesh: false }), service(), [pod(labels, false)]), []);
    });
    it("is not asked where no mesh is installed", () => {
        assert.deepEqual(servedProblems(wanted(), world([]), [pod(labels, false)]), []);
    });
});
