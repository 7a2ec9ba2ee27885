import * as assert from "node:assert/strict";
import { bodiesAt, bodyAt } from "../../components/traffic/world/values";
import { commandsFor } from "../../rollout/adopt/commands";
import type { Conversion } from "../../rollout/adopt/adoption";
import { podsFile } from "../../rollout/adopt/program";
import { argo, backends, flagger, gatewayApi, kruise } from "../support/theirControllers";
import { problemsAt } from "../support/theirRoutes";

const place = {
    folder: ".",
    stack: "dev",
    importFile: "i.json",
    podsFile: "p.yaml",
    isFresh: false,
    module: "./cart-split",
};
const commands = ({ converted }: Conversion): string[] => (converted ? commandsFor(converted, place) : []);

describe("adopting an Argo Rollout", () => {
    it("takes its routes as they stand in the middle of a release, by the hash of each version's pods", () => {
        const { converted, problems } = argo();
        assert.deepEqual(problems, []);
        const { weights, versionLabel, labelValues, subsetLabels, step } = converted?.args ?? {};
        assert.deepEqual(weights, { stable: 80, canary: 20 });
        assert.equal(versionLabel, "rollouts-pod-template-hash");
        assert.deepEqual(labelValues, { stable: "5d8f4c7b9", canary: "7c66b5d4f" });
        assert.deepEqual(subsetLabels, { app: "cart" });
        assert.deepEqual(step, { limits: { maxRaise: 10 } });
        assert.deepEqual(
            converted?.imports.map(({ kind, name }) => `${kind} ${name}`),
            ["DestinationRule cart-versions", "VirtualService cart-routes"],
        );
    });
    it("takes the stable version alone where it rests: the canary's subset has the same pods", () => {
        const { converted, problems } = argo({ canary: 0 });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.args.weights, { stable: 100 });
        assert.match(JSON.stringify(converted?.leftOut), /no request is led to subset canary/);
    });
    it("lets the Rollout go before Deployments take its pods, and the stack have the routes last", () => {
        const made = argo();
        assert.deepEqual(commands(made).slice(0, 5), [
            '# the program has: import "./cart-split";',
            "kubectl -n shop delete rollout cart --cascade=orphan",
            "kubectl apply -f p.yaml",
            "kubectl -n shop rollout status deployment/cart-stable",
            "kubectl -n shop rollout status deployment/cart-canary",
        ]);
        assert.match(commands(made).slice(5).join(), /select.*pulumi import.*pulumi preview.*pulumi up/);
        const pods = (made.converted && podsFile(made.converted)) ?? "";
        assert.match(pods, /kind: Deployment[^]*rollouts-pod-template-hash: 5d8f4c7b9[^]*---[^]*7c66b5d4f/);
    });
    it("says by its path what nobody does any more", () => {
        const left = argo().converted?.leftOut.map(({ at }) => at) ?? [];
        for (const path of ["strategy.canary.steps", "strategy.canary.analysis", "revisionHistoryLimit"])
            assert.ok(left.includes(`Rollout cart: spec.${path}`), left.join());
    });
    it("takes a split between Services where one that is called selects the pods of both", () => {
        const { converted, problems } = argo({ isByHost: true });
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.args.labelValues, { stable: "5d8f4c7b9", canary: "7c66b5d4f" });
        assert.deepEqual(
            converted?.imports.map(({ kind }) => kind),
            ["VirtualService"],
        );
    });
    it("is refused without routes of Istio, for a blue/green one, and while pods come or go", () => {
        const at = "Rollout shop/cart: spec.strategy";
        assert.deepEqual(problemsAt(argo({ strategy: { blueGreen: { activeService: "cart" } } })), [`${at}.blueGreen`]);
        assert.deepEqual(problemsAt(argo({ strategy: { canary: { steps: [] } } })), [`${at}.canary.trafficRouting`]);
        const [problem] = argo({ ready: 1 }).problems;
        assert.match(problem?.message ?? "", /cart-7c66b5d4f are ready: it is in the middle of a change/);
    });
});

describe("adopting a Flagger Canary", () => {
    it("is refused as long as Flagger holds anything, with each command in the order in which no request fails", () => {
        const { problems } = flagger({ isLetGo: false });
        assert.deepEqual(
            problems.map(({ at }) => at),
            [
                "Canary shop/cart: spec.suspend",
                "VirtualService shop/cart: metadata.ownerReferences",
                "Deployment shop/cart-primary: metadata.ownerReferences",
                "Service shop/cart: metadata.ownerReferences",
                "Service shop/cart-primary: metadata.ownerReferences",
                "Service shop/cart-canary: metadata.ownerReferences",
                "Service shop/cart: spec.selector",
            ],
        );
        assert.match(problems[0]?.fix ?? "", /patch canary cart --type merge -p '\{"spec":\{"suspend":true\}\}'/);
        assert.match(problems.at(-1)?.fix ?? "", /"selector":\{"app":null,"tier":"front"\}/);
    });
    it("takes primary and canary as subsets of the Service that callers address", () => {
        const { converted, problems } = flagger();
        assert.deepEqual(problems, []);
        assert.deepEqual(converted?.args.weights, { primary: 100, canary: 0 });
        assert.equal(converted?.args.versionLabel, "app");
        assert.deepEqual(converted?.args.labelValues, { primary: "cart-primary", canary: "cart" });
        assert.deepEqual(
            converted?.imports.map(({ kind, name }) => `${kind} ${name}`),
            ["VirtualService cart"],
        );
        assert.match(commands(flagger()).at(-1) ?? "", /^kubectl -n shop delete canary cart$/);
        assert.match(JSON.stringify(converted?.leftOut), /spec\.analysis\.stepWeight/);
    });
    it("is refused where the pods have no label in common, with the way to one", () => {
        const [problem] = flagger({ isLetGo: false, shared: {} }).problems.slice(-1);
        assert.match(problem?.message ?? "", /no label in common/);
        assert.match(problem?.fix ?? "", /app\.kubernetes\.io\/part-of/);
    });
});

describe("adopting an HTTPRoute", () => {
    it("makes a VirtualService of its own, which has effect once the HTTPRoute is gone", () => {
        const made = gatewayApi({
            rules: [
                { backendRefs: backends(1, 0) },
                {
                    matches: [{ headers: [{ name: "x-crew", value: "beta" }] }],
                    backendRefs: backends(1, 0).slice(0, 1),
                },
            ],
        });
        assert.deepEqual(made.problems, []);
        const { args, imports, standsFor } = made.converted ?? {};
        assert.deepEqual([args?.weights, imports], [{ v1: 100, v2: 0 }, []]);
        assert.deepEqual(args?.canaryHeader, { name: "x-crew", exact: "beta", to: "v1" });
        assert.equal(standsFor?.name, args?.routesName);
        const given = commands(made);
        assert.ok(!given.some((one) => /pulumi import|PATCH_FORCE/.test(one)), given.join("\n"));
        assert.equal(given.at(-1), "kubectl -n shop delete httproute cart");
    });
    it("hands its labels and annotations on: a revision of Istio goes by them", () => {
        const labels = { "istio.io/rev": "canary" };
        assert.deepEqual(gatewayApi({ metadata: { labels } }).converted?.kept, { routesMetadata: { labels } });
    });
    it("is read in the order of the Gateway API, wherever in the list a match stands", () => {
        const testers = {
            matches: [{ headers: [{ name: "x-group", value: "test" }] }],
            backendRefs: backends(0, 1).slice(1),
        };
        const payments = {
            matches: [{ path: { type: "Exact", value: "/pay" } }],
            backendRefs: backends(1, 0).slice(0, 1),
        };
        const rest = { backendRefs: backends(1, 0) };
        // Testers who pay are served by v1, and a TrafficSplit would ask for the header first.
        const [verdict, ...others] = [
            [testers, payments, rest],
            [payments, testers, rest],
            [rest, testers, payments],
        ].map((rules) => gatewayApi({ pods: [2, 2], rules }).problems);
        assert.match(verdict?.[0]?.message ?? "", /leads to v2, and .* to v1: a TrafficSplit has one header/);
        for (const other of others) assert.deepEqual(other, verdict);
    });
    it("asks for a method before headers, and for more headers before fewer", () => {
        const [crew, ring] = ["x-crew", "x-ring"].map((name) => ({ name, value: "beta" }));
        const matches = [{ headers: [crew] }, { headers: [crew, ring] }, { method: "GET" }];
        const toV1 = backends(1, 0).slice(0, 1);
        const { converted, problems } = gatewayApi({
            rules: [{ matches, backendRefs: toV1 }, { backendRefs: backends(1, 0) }],
        });
        assert.deepEqual(problems, []);
        assert.deepEqual(
            bodiesAt(converted?.standsFor?.body, "spec", "http").map((rule) =>
                bodiesAt(rule, "match").map((block) => [
                    block.method !== undefined,
                    Object.keys(bodyAt(block, "headers")),
                ]),
            ),
            [[[true, []]], [[false, ["x-crew", "x-ring"]]], [[false, ["x-crew"]]], []],
        );
    });
    it("is refused at a Gateway of the Gateway API, to which no VirtualService can be bound", () => {
        const { problems } = gatewayApi({ parent: { name: "edge" } });
        assert.match(problems[0]?.message ?? "", /no VirtualService can be bound/);
    });
    it("is refused where the guard, which knows no HTTPRoutes, would take the first update for a jump", () => {
        const { problems } = gatewayApi({ pods: [1, 9], rules: [{ backendRefs: backends(50, 50) }] });
        assert.match(problems[0]?.message ?? "", /does not know HTTPRoutes.*cart: v1 .* is a raise of/);
        assert.match(problems[0]?.fix ?? "", /lead all requests to one backend first/);
    });
    it("is refused by its path where a rule has what a TrafficSplit has not, or means otherwise", () => {
        for (const [rule, path] of [
            [{ filters: [{ type: "RequestMirror" }] }, "filters"],
            [{ timeouts: { backendRequest: "1s" } }, "timeouts.backendRequest"],
            [{ matches: [{ path: { type: "PathPrefix", value: "/beta" } }] }, "matches[0].path"],
            [{ matches: [{ path: { type: "RegularExpression", value: "/beta.*" } }] }, "matches[0].path"],
            [{ matches: [{ queryParams: [{ name: "beta", value: "1" }] }] }, "matches[0].queryParams"],
        ] as const)
            assert.deepEqual(problemsAt(gatewayApi({ rules: [{ backendRefs: backends(1, 0), ...rule }] })), [
                `HTTPRoute shop/cart: spec.rules[0].${path}`,
            ]);
    });
});

describe("adopting routes that OpenKruise moves", () => {
    it("is refused in the middle of its release, with who would write them back", () => {
        const [owner, ...others] = kruise(20).problems;
        assert.equal(owner?.at, "VirtualService shop/cart-vs");
        assert.match(owner?.message ?? "", /middle of a release of OpenKruise, which will write back/);
        assert.match(owner?.fix ?? "", /kubectl -n shop get rollouts\.rollouts\.kruise\.io/);
        assert.match(others.map(({ message }) => message).join(), /between the Services cart and cart-canary/);
    });
    it("finds nothing split at rest, and names the way to a split of the Service", () => {
        const { problems } = kruise();
        assert.equal(problems.length, 1);
        assert.match(problems[0]?.message ?? "", /leads to all pods of cart, whatever their version/);
        assert.match(problems[0]?.fix ?? "", /a TrafficSplit of the same Service/);
    });
});
