import * as assert from "node:assert/strict";
import { mapAt } from "../../components/traffic/world/values";
import { programText } from "../../rollout/adopt/program";
import { objectsOf } from "../../rollout/adopt/proposal";
import { adopted, asked, header, problemsAt, split, to } from "../support/theirRoutes";

const vs = "VirtualService cart-routes: spec";
const dr = "DestinationRule cart-versions: spec";

describe("adopting a VirtualService", () => {
    it("takes over weights, versions and the names of both objects, and imports them", () => {
        const { converted, problems } = adopted({ routes: { http: [split(70, 30)] } });
        assert.deepEqual(problems, []);
        assert.equal(converted?.name, "cart");
        assert.deepEqual(converted?.args, {
            namespace: "shop",
            service: "cart",
            versions: ["v1", "v2"],
            weights: { v1: 70, v2: 30 },
            // What Istio does where nothing is said.
            routing: { retryAttempts: 2 },
            routesName: "cart-routes",
            subsetsName: "cart-versions",
        });
        assert.deepEqual(
            converted?.imports.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`),
            ["DestinationRule shop/cart-versions", "VirtualService shop/cart-routes"],
        );
        assert.match(converted?.notes.join() ?? "", /retries/);
    });
    it("makes the first header the canary header, and other conditions for one version the canary match", () => {
        const { converted, problems } = adopted({
            routes: {
                http: [
                    asked(header(), "v2", { name: "crew" }),
                    asked([{ uri: { prefix: "/beta" }, method: { exact: "GET" } }, { sourceLabels: { app: "web" } }]),
                    split(100, 0),
                ],
            },
        });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.args.canaryHeader, { name: "x-crew", exact: "beta", to: "v2" });
        assert.deepEqual(converted?.args.routing?.canaryMatch, {
            any: [{ path: { prefix: "/beta" }, method: { exact: "GET" } }, { sourceLabels: { app: "web" } }],
            to: "v2",
        });
        assert.deepEqual(
            converted?.leftOut.map(({ at }) => at),
            [`${vs}.http[0].name`],
        );
    });
    it("takes the version with most users for the stable one", () => {
        const { converted } = adopted({ routes: { http: [split(10, 90)] } });
        assert.deepEqual(converted?.args.step, { stable: "v2" });
    });
    it("takes timeouts, retries, faults and copies that are the same in every rule", () => {
        const limits = {
            timeout: "5s",
            retries: { attempts: 3 },
            fault: { abort: { httpStatus: 503, percentage: { value: 10 } } },
        };
        const { converted, problems } = adopted({
            routes: {
                http: [
                    asked(header(), "v2", limits),
                    split(100, 0, {
                        ...limits,
                        mirror: { host: "cart", subset: "v2" },
                        mirrorPercentage: { value: 5 },
                    }),
                ],
            },
        });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.args.routing, {
            timeout: "5s",
            retryAttempts: 3,
            fault: { abortStatus: 503, abortPercent: 10 },
            mirror: { to: "v2", percent: 5 },
        });
    });
    it("takes versions that are told by another value, and labels that all of them have", () => {
        const { converted, problems } = adopted({
            routes: { http: [{ route: [to("old", 90), to("new", 10)] }] },
            rule: {
                subsets: [
                    { name: "old", labels: { app: "cart", version: "v1" } },
                    { name: "new", labels: { app: "cart", version: "v2" } },
                ],
            },
        });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.args.labelValues, { old: "v1", new: "v2" });
        assert.deepEqual(converted?.args.subsetLabels, { app: "cart" });
        assert.deepEqual(converted?.leftOut, []);
    });
    it("takes hosts and gateways, and says each rule that no request reaches", () => {
        const { converted, problems } = adopted({
            routes: { hosts: ["cart.test"], gateways: ["edge/web", "mesh"], http: [split(50, 50), split(0, 100)] },
        });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.args.hosts, ["cart.test"]);
        assert.deepEqual(converted?.args.gateways, ["edge/web", "mesh"]);
        assert.deepEqual(converted?.leftOut, [{ at: `${vs}.http[1]`, why: "http[0] takes every request before it" }]);
    });
    it("takes weights that do not sum to 100, as Istio reads them", () => {
        const { converted } = adopted({ routes: { http: [split(1, 3)] } });
        assert.deepEqual(converted?.args.weights, { v1: 25, v2: 75 });
    });
    it("keeps in the program's text what is the same for all versions and all rules", () => {
        const trafficPolicy = { connectionPool: { http: { http1MaxPendingRequests: 7 } } };
        const more = {
            retries: { attempts: 3, perTryTimeout: "1s" },
            corsPolicy: { allowOrigins: [{ exact: "web" }] },
        };
        const http = [asked(header(), "v2", more), split(90, 10, more)];
        const { converted, problems } = adopted({ routes: { http }, rule: { trafficPolicy } });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.kept, { trafficPolicy, rules: more });
        const text = converted ? programText(converted, "VirtualService shop/cart-routes") : "";
        // What `finish` writes is read by whoever was adopted.
        assert.match(text, /step: \{ stable: stable\?\.\[service\] \?\? "v1" \},/);
        // What a release copies, and what somebody sets, stands there as well.
        assert.match(text, /routing: \{ retryAttempts: 3, \.\.\.routing\?\.\[service\] \},/);
        assert.match(text, /transforms: \[asBefore\][^]*http1MaxPendingRequests: 7[^]*perTryTimeout: "1s"/);
    });
    it("keeps the labels and annotations of both objects, but for what their writers note for themselves", () => {
        const labels = { "istio.io/rev": "canary" };
        const annotations = { "external-dns.alpha.kubernetes.io/target": 'lb.example "1"' };
        const notes = {
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "pulumi.com/patchForce": "true",
            "upshift.dev/max-raise": "5",
        };
        const theirs = {
            routes: { http: [split(90, 10)] },
            metadata: { labels, annotations: { ...annotations, ...notes } },
        };
        const { converted, problems } = adopted({ ...theirs, ruleMetadata: { labels: { team: "shop" } } });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.kept, {
            routesMetadata: { labels, annotations },
            subsetsMetadata: { labels: { team: "shop" } },
        });
        const made = converted && objectsOf("cart", converted.args, converted.kept);
        const { "upshift.dev/max-raise": maxRaise, ...others } = mapAt(made?.routes.body, "metadata", "annotations");
        assert.equal(maxRaise, "25", "a mark is the program's own");
        assert.deepEqual(others, { ...annotations, "upshift.dev/service": "cart", "upshift.dev/stable": "v1" });
        const text = converted ? programText(converted, "VirtualService shop/cart-routes") : "";
        assert.match(
            text,
            /labels: \{ "istio\.io\/rev": "canary", \.\.\.props\.metadata\.labels \}, annotations: \{ "external-dns\.alpha\.kubernetes\.io\/target": "lb\.example \\"1\\"", \.\.\.props\.metadata\.annotations \}/,
        );
        assert.doesNotMatch(text, /last-applied|patchForce|upshift\.dev/);
    });
    it("keeps nothing of one rule alone", () => {
        const cors = { corsPolicy: { allowOrigins: [{ exact: "web" }] } };
        assert.deepEqual(problemsAt(adopted({ routes: { http: [asked(header()), split(90, 10, cors)] } })), [
            `${vs}.http[1].corsPolicy`,
        ]);
    });
    it("takes a service that speaks TCP", () => {
        const { converted, problems } = adopted({
            routes: { tcp: [split(80, 20)] },
            more: [],
        });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.args.routing, { tcp: true });
    });
});

describe("what a TrafficSplit has no words for", () => {
    const refusedAt = (routes: object, rule?: object): string[] => problemsAt(adopted({ routes, rule }));

    it("is refused by its path: conditions whose requests would meet another version", () => {
        for (const [condition, path] of [
            [{ queryParams: { beta: { exact: "1" } } }, "queryParams"],
            [{ ...header(), withoutHeaders: { "x-old": {} } }, "withoutHeaders"],
            [{ authority: { exact: "beta.test" } }, "authority"],
            [{ ...header(), port: 81 }, "port"],
            [{ ...header(), ignoreUriCase: true }, "ignoreUriCase"],
            [{ ...header(), sourceNamespace: "qa" }, "sourceNamespace"],
            [{ headers: { "x-crew": {} } }, "headers.x-crew"],
        ] as const)
            assert.deepEqual(refusedAt({ http: [asked(condition), split(90, 10)] }), [
                `${vs}.http[0].match[0].${path}`,
            ]);
    });
    it("is refused by its path: what requests would notice, whoever serves them", () => {
        for (const [field, value] of [
            ["headers", { request: { set: { "x-from": "mesh" } } }],
            ["rewrite", { uri: "/api" }],
            ["mirror", { host: "audit" }],
        ] as const) {
            const found = refusedAt({ http: [split(90, 10, { [field]: value })] });
            assert.ok(found.length > 0, field);
            assert.ok(
                found.every((at) => at.startsWith(`${vs}.http[0].${field}`) || at.startsWith("cart: who would move")),
                found.join(),
            );
        }
        const own = [{ name: "v1", labels: { version: "v1" }, trafficPolicy: { tls: { mode: "DISABLE" } } }];
        assert.deepEqual(
            refusedAt({ http: [split(90, 10)] }, { subsets: [...own, { name: "v2", labels: { version: "v2" } }] }),
            [`${dr}.subsets.v1.trafficPolicy`],
        );
        assert.ok(refusedAt({ exportTo: ["."], http: [split(90, 10)] }).includes(`${vs}.exportTo`));
    });
    it("may be left out where nobody is moved by it, and is named then", () => {
        const theirs = {
            routes: { http: [asked(header()), split(90, 10, { corsPolicy: { allowOrigins: [{ exact: "x" }] } })] },
        };
        const { problems } = adopted(theirs);
        const [at = ""] = problems.map((one) => one.at);
        assert.match(problems[0]?.fix ?? "", /--leave-out 'VirtualService cart-routes: spec\.http\[1\]\.corsPolicy'/);
        const { converted } = adopted(theirs, [at]);
        assert.match(JSON.stringify(converted?.leftOut), /corsPolicy.*asked for by --leave-out/);
    });
    it("is not left out where somebody would move, whatever is asked for", () => {
        const routes = {
            http: [split(90, 10, { rewrite: { authority: "other.test" } }), split(0, 100)],
            exportTo: ["."],
        };
        const found = adopted({ routes }, [`${vs}.exportTo`]);
        assert.equal(found.converted, undefined);
    });
    it("is refused where rules lead elsewhere: to nobody, to several versions, or on", () => {
        assert.deepEqual(refusedAt({ http: [asked(header())] }), [`${vs}.http`]);
        assert.deepEqual(
            refusedAt({ http: [{ match: [header()], route: [to("v1", 50), to("v2", 50)] }, split(1, 1)] }),
            [`${vs}.http[0].route`],
        );
        assert.deepEqual(refusedAt({ http: [{ match: [header()], redirect: { uri: "/" } }, split(1, 1)] }), [
            `${vs}.http[0].route`,
        ]);
        assert.deepEqual(
            refusedAt({ http: [asked({ uri: { exact: "/a" } }, "v1"), asked({ uri: { exact: "/b" } }), split(1, 1)] }),
            [`${vs}.http[1].match[0]`],
        );
        assert.deepEqual(refusedAt({ http: [{ directResponse: { status: 503 } }] }), [`${vs}.http[0].directResponse`]);
    });
    it("is refused where the split is between Services, between all pods, or in no whole percents", () => {
        const between = {
            route: [
                { destination: { host: "cart-a" }, weight: 90 },
                { destination: { host: "cart-b" }, weight: 10 },
            ],
        };
        assert.deepEqual(refusedAt({ http: [between] }), [`${vs}.http`, `${vs}.http`]);
        assert.deepEqual(refusedAt({ http: [{ route: [{ destination: { host: "cart" } }] }] }), [
            `${vs}.http[0].route[0].destination`,
        ]);
        assert.deepEqual(refusedAt({ http: [split(1, 2)] }), [`${vs}.http[0].route`]);
    });
    it("is refused where rules differ in what a TrafficSplit has once", () => {
        assert.deepEqual(refusedAt({ http: [asked(header(), "v2", { timeout: "1s" }), split(90, 10)] }), [
            `${vs}.http[0].timeout`,
        ]);
    });
    it("is refused where a DestinationRule tells versions in no way of ours", () => {
        const http = [split(90, 10)];
        assert.deepEqual(
            refusedAt(
                { http },
                {
                    subsets: [
                        { name: "v1", labels: { version: "v1" } },
                        { name: "v2", labels: { track: "new" } },
                    ],
                },
            ),
            [`${dr}.subsets[1].labels`],
        );
        assert.deepEqual(
            refusedAt(
                { http },
                {
                    subsets: [
                        { name: "v1", labels: { version: "v1" } },
                        { name: "v2", labels: { version: "v1" } },
                    ],
                },
            ),
            [`${dr}.subsets[1].labels`],
        );
        assert.deepEqual(refusedAt({ http }, { subsets: [{ name: "v1", labels: { version: "v1" } }] }), [
            `${dr}.subsets`,
        ]);
        assert.deepEqual(refusedAt({ http }, { subsets: [] }), ["DestinationRules for cart"]);
    });
});

describe("an object that somebody else owns", () => {
    const owned = (metadata: object) => adopted({ routes: { http: [split(90, 10)] }, metadata }).problems;
    const managed = (manager: string): object => ({ managedFields: [{ manager, operation: "Apply", fieldsV1: {} }] });

    it("is refused with who it is and how he lets go of it", () => {
        for (const [metadata, who, fix] of [
            [
                managed("pulumi-kubernetes-1a2b3c4d"),
                /another Pulumi stack's.*pulumi-kubernetes-1a2b3c4d/,
                /pulumi state delete/,
            ],
            [
                { annotations: { "meta.helm.sh/release-name": "cart" } },
                /Helm release cart/,
                /helm\.sh\/resource-policy=keep/,
            ],
            [
                { annotations: { "argocd.argoproj.io/tracking-id": "shop:x/y:z" } },
                /Argo CD application shop/,
                /Prune=false/,
            ],
            [
                { ...managed("argocd-controller"), labels: { "app.kubernetes.io/instance": "shop" } },
                /Argo CD application shop/,
                /label virtualservice cart-routes app\.kubernetes\.io\/instance- && .*managedFields/,
            ],
            [managed("argocd-application-controller"), /Argo CD application that wrote it/, /Prune=false/],
            [
                { labels: { "kustomize.toolkit.fluxcd.io/name": "shop" } },
                /Flux \(Kustomization shop\)/,
                /prune=disabled/,
            ],
            [managed("kustomize-controller"), /Flux \(Kustomization that wrote it\)/, /prune=disabled.*managedFields/],
            [managed("helm-controller"), /Flux \(HelmRelease that wrote it\)/, /helm\.toolkit\.fluxcd\.io\/name-/],
            [
                { ownerReferences: [{ kind: "Canary", name: "cart", controller: true }] },
                /made by Canary cart/,
                /adopt canary\/cart/,
            ],
        ] as const) {
            const [problem, ...others] = owned(metadata);
            assert.deepEqual(others, []);
            assert.equal(problem?.at, "VirtualService shop/cart-routes");
            assert.match(problem?.message ?? "", who);
            assert.match(problem?.fix ?? "", fix);
        }
    });
    it("is nobody's whom a hand has written", () => {
        // The label is also what a chart writes that was applied by hand.
        const metadata = { ...managed("kubectl-client-side-apply"), labels: { "app.kubernetes.io/instance": "shop" } };
        assert.deepEqual(owned(metadata), []);
    });
});
