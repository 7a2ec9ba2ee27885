import * as assert from "node:assert/strict";
import type { Marks } from "../../components/traffic/world/marks";
import { policies } from "../../policies/policies";
import type { Body } from "../../policies/read/object";
import { deployment, made, type Made, marked, serviceObjects, virtualService } from "../support/policyObjects";
import { findings, type Situation } from "../support/policyRun";

const review = (v2: number, rest: { marks?: Marks; replicas?: Record<string, number> } = {}): Made[] =>
    serviceObjects("review", { weights: { v1: 100 - v2, v2 }, ...rest });
const to = (subset: string, weight?: number, host = "review"): Body => ({
    destination: { host, subset },
    ...(weight === undefined ? {} : { weight }),
});
const routes = (spec: Body, name = "review-vs", marks: Marks = { stable: "v1" }): Made =>
    marked(made("VirtualService", name, "networking.istio.io/v1", spec), marks);
/** The service with other routes. */
const routed = (spec: Body, marks?: Marks): Made[] => [
    ...review(0).filter(({ kind }) => kind !== "VirtualService"),
    routes(spec, "review-vs", marks),
];
const weighted = (v2: number): Body => ({ route: [to("v1", 100 - v2), to("v2", v2)] });
const inNamespace = (objects: readonly Made[], namespace: string): Made[] =>
    objects.map((one) => ({
        ...one,
        name: `${namespace}-${one.name}`,
        metadata: { ...one.metadata, namespace },
    }));
const size = (proposed: readonly Made[], situation: Situation): Promise<string[]> =>
    findings("step-size", proposed, situation);

/** Whatever it is: applied as it is, nobody finds anything in the step; neither against the state nor against the cluster. */
async function isNoStep(objects: readonly Made[]): Promise<void> {
    for (const name of ["step-size", "blue-green", "serving-version", "freeze-window", "second-person"])
        for (const isUpdate of [false, true]) {
            const config = {
                "freeze-window": { windows: [{ cron: "* * * * *", minutes: 60 }] },
                "second-person": { above: 0 },
            }[name];
            const said = await findings(name, objects, { applied: objects, live: objects, isUpdate, config });
            assert.deepEqual(said, [], name);
        }
}

describe("the pack sees everybody moved", () => {
    it("to a subset of the same name on another Service", async () => {
        const other = serviceObjects("other", { weights: { v1: 100 } });
        const moved = { hosts: ["review"], http: [{ route: [to("v1", 100, "other")] }] };
        const said = await size([...routed(moved), ...other], { applied: [...review(0), ...other] });
        assert.match(said.join(), /0 → 100 is a raise of 100 points/);
    });

    it("to a canary that is listed first, with no word of what is stable", async () => {
        const unmarked = { stable: "" };
        const first = (v2: number): Body => ({
            hosts: ["review"],
            http: [{ route: [to("v2", v2), to("v1", 100 - v2)] }],
        });
        const said = await size(routed(first(100), unmarked), { applied: routed(first(20), unmarked) });
        assert.match(said.join(), /v2 20 → 100 is a raise of 80 points/);
        assert.deepEqual(await size(routed(first(0), unmarked), { applied: routed(first(20), unmarked) }), []);
    });

    it("by a more specific host beside a wildcard", async () => {
        const edge = (name: string, host: string, v2: number): Made =>
            routes({ hosts: [host], gateways: ["edge"], http: [weighted(v2)] }, name);
        const wildcard = edge("all", "*.example.com", 0);
        const applied = [...review(0), wildcard];
        const said = await size([...applied, edge("shop", "shop.example.com", 100)], { applied });
        assert.match(said.join(), /v2 0 → 100 is a raise of 100 points/);
    });

    it("by routes that callers inside lose: mesh dropped from the gateways, exportTo narrowed", async () => {
        const spec = { hosts: ["review"], http: [weighted(0)] };
        const applied = routed({ ...spec, gateways: ["mesh", "edge"] });
        assert.match((await size(routed({ ...spec, gateways: ["edge"] }), { applied })).join(), /v2 0 → 50/);
        const said = await size(routed({ ...spec, exportTo: ["elsewhere"] }), { applied: routed(spec) });
        assert.match(said.join(), /v2 0 → 50/);
    });

    it("by tcp rules beside http rules", async () => {
        const spec = (v2: number): Body => ({ hosts: ["review"], http: [weighted(0)], tcp: [weighted(v2)] });
        const withPorts = (objects: Made[]): Made[] =>
            objects.map((one) =>
                one.kind === "Service"
                    ? {
                          ...one,
                          spec: {
                              ...one.spec,
                              ports: [
                                  { name: "http", port: 80 },
                                  { name: "tcp-raw", port: 9000 },
                              ],
                          },
                      }
                    : one,
            );
        const said = await size(withPorts(routed(spec(100))), { applied: withPorts(routed(spec(0))) });
        assert.match(said.join(), /\(tcp\): v2 0 → 100 is a raise of 100 points/);
    });

    it("into a fault or a timeout", async () => {
        const fault = { abort: { percentage: { value: 100 }, httpStatus: 503 } };
        for (const field of [{ fault }, { timeout: "1ms" }])
            assert.match(
                (
                    await size(routed({ hosts: ["review"], http: [{ ...weighted(0), ...field }] }), {
                        applied: review(0),
                    })
                ).join(),
                /100 points more of the requests are answered by no version/,
                JSON.stringify(field),
            );
    });

    it("by other code under a version that serves, unless the update declares it", async () => {
        const swapped = (marks: Marks): Made[] =>
            review(0, { marks }).map((one) =>
                one.name === "review-v1"
                    ? (JSON.parse(JSON.stringify(one).replaceAll("review:v1", "review:v9")) as Made)
                    : one,
            );
        assert.match((await size(swapped({}), { applied: review(0) })).join(), /v1 gets new code under 100 %/);
        assert.deepEqual(await size(swapped({ inPlace: "v1" }), { applied: review(0) }), []);
    });

    it("by code that is declared to change in place, as far as its pods had them not", async () => {
        const next = review(100, { marks: { inPlace: "v2" } }).map(
            (one) => JSON.parse(JSON.stringify(one).replaceAll("review:v2", "review:v9")) as Made,
        );
        const configs: Record<string, Body> = {
            "step-size": {},
            "freeze-window": { windows: [{ cron: "* * * * *", minutes: 60 }] },
            "second-person": { above: 25 },
        };
        for (const [name, config] of Object.entries(configs)) {
            assert.match((await findings(name, next, { applied: review(10), config })).join(), /v2 10 → 100/, name);
            assert.deepEqual(await findings(name, next, { applied: review(100), config }), [], name);
        }
    });

    it("of a service that config says is taken away, and that stays", async () => {
        const stackConfig = { remove: "review" };
        assert.match((await size(review(100), { applied: review(0), stackConfig })).join(), /v2 0 → 100/);
        const scaled = review(20, { replicas: { v2: 0 } });
        const said = await findings("serving-version", scaled, { applied: review(20), stackConfig });
        assert.match(said.join(), /v2 serves 20 % and is scaled 1 → 0/);
    });

    it("of one of two services that have the same name, each by its own stable version", async () => {
        const dev = inNamespace(review(100, { marks: { stable: "v2" } }), "dev");
        const jump = { applied: review(0), live: [...dev, ...review(0)] };
        assert.match((await size(review(100), jump)).join(), /^review in shop: v2 0 → 100 is a raise/);
        const config = { windows: [{ cron: "* * * * *", minutes: 60 }] };
        const frozen = await findings("freeze-window", review(1), { ...jump, config });
        assert.match(frozen.join(), /^review in shop: v2 0 → 1 falls/);
        const back = { applied: review(60), live: [...dev, ...review(60)] };
        for (const name of ["step-size", "serving-version", "freeze-window"])
            assert.deepEqual(
                await findings(name, review(0), { ...back, config: name === "freeze-window" ? config : {} }),
                [],
                name,
            );
    });

    it("from pods that a cluster's controller of another kind has made, behind a Service that is busy", async () => {
        const template = { metadata: { labels: { app: "review", version: "v1" } }, spec: { containers: [] } };
        const theirs = [
            ...review(0).filter(({ kind }) => kind === "Service"),
            made("Pod", "review-rollout", "v1", { replicas: 2, template }),
        ];
        const ours = review(100).filter(({ name }) => name !== "review-v1");
        assert.match((await size(ours, { live: theirs })).join(), /v2 0 → 100 is a raise of 100 points/);
        assert.deepEqual(await size(ours, { live: theirs.slice(0, 1) }), []);
    });

    it("by pods, in a freeze window too", async () => {
        const pods = (v1: number, v2: number): Made[] =>
            review(0, { replicas: { v1, v2 } }).filter(({ name }) => !["review-vs", "review-dr"].includes(name));
        const config = { windows: [{ cron: "* * * * *", minutes: 60 }] };
        const said = await findings("freeze-window", pods(3, 1), { applied: pods(4, 0), config });
        assert.match(said.join(), /review: v2 0 → 25 falls into the freeze/);
        assert.deepEqual(await findings("freeze-window", pods(4, 0), { applied: pods(3, 1), config }), []);
    });

    it("in one cluster of two that have the same names", async () => {
        const there = (objects: Made[]): Made[] =>
            objects.map((one) => ({ ...one, name: `there-${one.name}`, provider: "there" }));
        const said = await size([...review(0), ...there(review(90))], { applied: [...review(0), ...there(review(0))] });
        assert.match(said.join(), /review: v2 0 → 90/);
        await isNoStep([...review(0), ...there(review(100))]);
    });
});

describe("the pack says nothing of an unchanged stack", () => {
    it("with the same app in two namespaces, at different weights", () =>
        isNoStep([...inNamespace(review(0), "prod"), ...inNamespace(review(100), "stage")]));

    it("with redirects, faults, TLS and TCP rules, delegates and routes that lead nowhere", () =>
        isNoStep([
            ...routed({
                hosts: ["review", "shop.example.com"],
                gateways: ["mesh", "edge"],
                http: [
                    { match: [{ uri: { prefix: "/old" } }], redirect: { uri: "/new" } },
                    { match: [{ uri: { prefix: "/d" } }], delegate: { name: "part" } },
                    { ...weighted(20), fault: { abort: { percentage: { value: 100 }, httpStatus: 503 } } },
                ] as Body[],
                tls: [{ match: [{ port: 443, sniHosts: ["shop.example.com"] }], route: [to("v9")] }] as Body[],
                tcp: [{ route: [{ destination: { host: "nowhere" } }] }] as Body[],
            }),
            routes({ http: [weighted(50)] }, "part"),
        ]));

    it("with autoscaled pods, whose number the program leaves open", () => {
        const scaled = deployment("review", "v1");
        const { replicas, ...spec } = scaled.spec;
        return isNoStep(review(0).map((one) => (one.name === "review-v1" ? { ...scaled, spec } : one)));
    });

    it("where the API server writes what was asked for in a form of its own", async () => {
        const live = review(20).map(
            (one) => JSON.parse(JSON.stringify(one).replaceAll('"cpu":"10m"', '"cpu":"0.01"')) as Made,
        );
        assert.deepEqual(await size(review(20), { applied: review(20), live }), []);
    });
});

describe("the pack does not take for a jump", () => {
    const both = (...specs: [Body, Body]): Promise<string[]> => size(routed(specs[1]), { applied: routed(specs[0]) });

    it("two hosts or three path rules of one VirtualService: that is one decision", async () => {
        const hosts = (v2: number): Body => ({ hosts: ["review", "shop.example.com"], http: [weighted(v2)] });
        assert.deepEqual(await both(hosts(0), hosts(25)), []);
        const paths = (v2: number): Body => ({
            hosts: ["review"],
            http: ["/a", "/b", ""].map((prefix) => ({
                ...(prefix && { match: [{ uri: { prefix } }] }),
                ...weighted(v2),
            })),
        });
        assert.deepEqual(await both(paths(0), paths(25)), []);
    });

    it("the first canary beside a route without subset", async () => {
        const bare = { hosts: ["review"], http: [{ route: [{ destination: { host: "review" } }] }] };
        const onlyV1 = (objects: Made[]): Made[] => objects.filter(({ name }) => !name.startsWith("review-v2"));
        const applied = onlyV1(routed(bare, { stable: "" }));
        const proposed = routed({ hosts: ["review"], http: [weighted(10)] }, { stable: "" });
        assert.deepEqual(await size(proposed, { applied }), []);
        assert.match(
            (await size(routed({ hosts: ["review"], http: [weighted(60)] }, { stable: "" }), { applied })).join(),
            /v2 0 → 60/,
        );
    });

    it("a step beside another team's redirect or path rule at the same gateway host", async () => {
        const gateway = { hosts: ["shop.example.com"], gateways: ["edge"] };
        const theirs = [
            routes(
                { ...gateway, http: [{ match: [{ uri: { prefix: "/old" } }], redirect: { uri: "/" } }] as Body[] },
                "a",
            ),
            routes({ ...gateway, http: [{ match: [{ uri: { prefix: "/api" } }], route: [to("v1")] }] as Body[] }, "b"),
        ];
        const live = [...routed({ ...gateway, http: [weighted(0)] }), ...theirs];
        const proposed = routed({ ...gateway, http: [weighted(20)] });
        const applied = routed({ ...gateway, http: [weighted(0)] });
        assert.deepEqual(await size(proposed, { applied, live }), []);
    });
});

describe("the pack leaves alone what is as it should be", () => {
    const says = async (policy: string, objects: readonly Made[], situation: Situation = {}): Promise<void> => {
        assert.ok(policies.some(({ name }) => name === policy));
        assert.deepEqual(await findings(policy, objects, situation), []);
    };
    const gateway = (...servers: Body[]): Made => made("Gateway", "edge", "networking.istio.io/v1", { servers });
    const rule = (host: string): Made =>
        made("DestinationRule", "dr", "networking.istio.io/v1", { host, trafficPolicy: { tls: { mode: "DISABLE" } } });

    it("header-routes: rules for TLS and TCP connections below those for requests", () =>
        says(
            "header-routes",
            routed({
                hosts: ["review"],
                http: [weighted(0)],
                tls: [{ match: [{ sniHosts: ["review"] }], route: [to("v1")] }] as Body[],
                tcp: [{ route: [to("v1")] }],
            }),
        ));

    it("gateway-tls: the mesh's own mTLS, and servers for TCP", () =>
        says("gateway-tls", [
            gateway(
                { port: { number: 15443, protocol: "HTTPS" }, tls: { mode: "ISTIO_MUTUAL" } },
                { port: { number: 5432, protocol: "TCP" } },
                { port: { number: 27017, protocol: "MONGO" } },
            ),
        ]));

    it("strict-mtls: no TLS to a host outside the mesh", async () => {
        await says("strict-mtls", [rule("api.example.com")]);
        const outside = { name: "legacy", apiVersion: "v1", kind: "Namespace", metadata: { name: "legacy" }, spec: {} };
        await says("strict-mtls", [rule("db.legacy.svc.cluster.local"), outside]);
        const said = await findings("strict-mtls", [
            {
                ...rule("review"),
                spec: { host: "review", subsets: [{ name: "v1", trafficPolicy: { tls: { mode: "DISABLE" } } }] },
            },
        ]);
        assert.match(said.join(), /turns TLS off for review/);
    });

    it("known-destinations: hosts of a ServiceEntry, and of a Service that is another name", async () => {
        const entry = made("ServiceEntry", "api", "networking.istio.io/v1", { hosts: ["api.example.com"] });
        const external = made("Service", "db", "v1", { type: "ExternalName", externalName: "db.example.com" });
        for (const [host, object] of [
            ["api.example.com", entry],
            ["db", external],
        ] as const)
            await says("known-destinations", [
                object,
                routes({ hosts: ["review"], http: [{ route: [{ destination: { host } }] }] }),
            ]);
    });

    it("zero-downtime: a budget by expressions, and one for all pods of the namespace", async () => {
        for (const selector of [
            { matchExpressions: [{ key: "app", operator: "In", values: ["review", "product"] }] },
            { matchExpressions: [{ key: "canary", operator: "DoesNotExist" }], matchLabels: { version: "v1" } },
            {},
        ])
            await says("zero-downtime", [
                deployment("review", "v1"),
                made("PodDisruptionBudget", "budget", "policy/v1", { maxUnavailable: 1, selector: selector }),
            ]);
        const other = { matchExpressions: [{ key: "app", operator: "NotIn", values: ["review"] }] };
        const said = await findings("zero-downtime", [
            deployment("review", "v1"),
            made("PodDisruptionBudget", "budget", "policy/v1", { maxUnavailable: 1, selector: other }),
        ]);
        assert.match(said.join(), /review-v1 has no PodDisruptionBudget/);
    });

    it("single-virtual-service: routes for the callers of one namespace each", async () => {
        const own = (namespace: string): Made => {
            const one = virtualService("review", { v1: 100 }, undefined, `vs-${namespace}`);
            const host = "review.shop.svc.cluster.local";
            return {
                ...one,
                metadata: { ...one.metadata, namespace },
                spec: { ...one.spec, hosts: [host], exportTo: ["."] },
            };
        };
        await says("single-virtual-service", [own("a"), own("b")]);
        const forAll = { ...own("b"), spec: { ...own("b").spec, exportTo: ["*"] } };
        assert.match((await findings("single-virtual-service", [own("a"), forAll])).join(), /both route it/);
    });

    it("enough-pods: versions whose pods an autoscaler counts", async () => {
        const open = (version: string): Made => {
            const { replicas, ...spec } = deployment("review", version).spec;
            return { ...deployment("review", version), spec };
        };
        const objects = review(50, { replicas: { v1: 10 } }).map((one) =>
            one.name === "review-v2" ? open("v2") : one,
        );
        await says("enough-pods", objects);
    });
});
