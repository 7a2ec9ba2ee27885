import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { deployment, destinationRule, gateway, service, split, to, virtualService } from "../oracle/build";
import { changed, changes, type Change } from "../oracle/changes";
import { worlds } from "../oracle/generate";
import type { HttpMatch } from "../oracle/istio";
import type { Request, World } from "../oracle/manifest";
import { textMatches } from "../oracle/match";
import { differences } from "../oracle/mesh/compare";
import { requestsFor, type KindOfRequest } from "../oracle/requests";
import { rise, shares } from "../oracle/rise";
import { sampleOf } from "../oracle/samples";
import { serve } from "../oracle/serve";

const seed = 11;
const steps = fc.tuple(worlds(), fc.array(changes(), { minLength: 1, maxLength: 3 }));

function after(world: World, all: readonly Change[]): World {
    return all.reduce((sum, change) => changed(sum, change), world);
}

/** What requests meet before and after, in one text. */
function met(before: World, later: World, request: Request): string {
    return JSON.stringify([before, later].map((world) => [...shares(serve(world, request))].sort()));
}

describe("requestsFor", function () {
    this.timeout(60_000);
    const anyRequest = fc.record({
        from: fc.constantFrom<Pick<Request, "host" | "caller">[]>(
            { host: "a", caller: { namespace: "shop", labels: {} } },
            { host: "b", caller: { namespace: "shop", labels: { app: "page", version: "v1" } } },
            { host: "a.example.com", caller: { gateway: "shop/edge" } },
            { host: "b.example.com", caller: { gateway: "shop/inner" } },
        ),
        path: fc.constantFrom("/", "/a", "/a/b", "/beta", "/A", "/c", "/a?q=te", "/?q=test", "/b/c"),
        method: fc.constantFrom("GET", "POST", "OPTIONS", "DELETE"),
    });

    it("has one that stands for each ordinary request, whatever that meets before and after", () => {
        const property = fc.property(steps, fc.array(anyRequest, { minLength: 20 }), ([before, all], drawn) => {
            const later = after(before, all);
            const covered = new Set(
                requestsFor(before, later)
                    .filter(({ ordinary }) => ordinary)
                    .map((kind) => met(before, later, kind)),
            );
            for (const { from, ...rest } of drawn) {
                const headers = { "user-agent": "Mozilla/5.0", accept: "*/*" };
                const request = { ...from, ...rest, headers, port: 80 };
                const outcome = met(before, later, request);
                // A host that is nowhere before and after is not asked for.
                if (!outcome.includes("no such host")) assert.ok(covered.has(outcome), JSON.stringify(request));
            }
        });
        fc.assert(property, { seed, numRuns: 40 });
    });

    const conditions: [string, HttpMatch, boolean][] = [
        ["a value of a custom header", { headers: { "x-group": { exact: "test" } } }, false],
        ["the presence of a custom header", { headers: { "x-group": {} } }, false],
        ["a cookie", { headers: { cookie: { regex: ".*group=beta.*" } } }, false],
        ["the labels of a tester's pod", { sourceLabels: { role: "qa" } }, false],
        ["the labels of a version", { sourceLabels: { app: "page", version: "v1" } }, true],
        ["a header that everybody sends", { headers: { "user-agent": { regex: ".*" } } }, true],
        ["a path", { uri: { prefix: "/beta" } }, true],
        ["a method", { method: { exact: "OPTIONS" } }, true],
        ["a header that is missing", { withoutHeaders: { "x-group": { exact: "old" } } }, true],
    ];
    for (const [what, match, ordinary] of conditions)
        it(`calls a request ${ordinary ? "ordinary" : "opt-in"} that is taken by ${what}`, () => {
            const rules = [{ match: [match], route: to({ "a/v2": 100 }) }, split({ "a/v1": 100 })];
            const world = [
                service("shop/a"),
                deployment("shop/a", "v1"),
                deployment("shop/a", "v2"),
                destinationRule("shop/a", "a", ["v1", "v2"]),
                virtualService("shop/a", { hosts: ["a"], http: rules }),
            ];
            const taken = (kind: KindOfRequest): boolean =>
                serve(world, kind).some((one) => one.outcome === "pods" && one.version === "v2");
            const kinds = requestsFor(world, world).filter(taken);
            assert.ok(kinds.length > 0);
            assert.equal(
                kinds.some((kind) => kind.ordinary),
                ordinary,
            );
        });
});

describe("random worlds", function () {
    this.timeout(60_000);
    it("have a whole distribution for every request, and no rise where nothing changes", () => {
        const property = fc.property(worlds(), (world) => {
            const same = structuredClone(world);
            for (const kind of requestsFor(world, same)) {
                const sum = serve(world, kind).reduce((total, { percent }) => total + percent, 0);
                assert.ok(Math.abs(sum - 100) < 1e-6, `${sum} ${JSON.stringify(kind)}`);
                assert.deepEqual(rise(world, same, kind), []);
            }
        });
        fc.assert(property, { seed, numRuns: 40 });
    });

    it("are changed by each kind of change in a way that some request meets", () => {
        const effective = new Set<string>();
        const all = new Set<string>();
        for (const [world, [change]] of fc.sample(steps, { seed, numRuns: 1000 })) {
            if (!change) continue;
            all.add(change.kind);
            if (effective.has(change.kind)) continue;
            const later = changed(world, change);
            const told = (of: World, kind: KindOfRequest): string => JSON.stringify(serve(of, kind));
            if (requestsFor(world, later).some((kind) => told(world, kind) !== told(later, kind)))
                effective.add(change.kind);
        }
        assert.equal(all.size, 19);
        assert.deepEqual(
            [...all].filter((kind) => !effective.has(kind)),
            [],
        );
    });

    it("meet everything that there is to meet", () => {
        const seen = new Set<string>();
        for (const [world] of fc.sample(steps, { seed, numRuns: 40 }))
            for (const kind of requestsFor(world, world))
                for (const one of serve(world, kind))
                    seen.add(one.outcome === "pods" ? "pods" : one.why.replace(/^(\D*\d+ \w+ \w+|[a-z]+).*/, "$1"));
        const expected = [
            "pods",
            "abort",
            "redirect",
            "direct",
            "404 no route",
            "503 no subset",
            "503 no ready",
            "404 no such",
        ];
        assert.deepEqual(
            expected.filter((one) => !seen.has(one)),
            [],
            [...seen].join(", "),
        );
    });

    it("know gateways of both kinds", () => {
        const [world = []] = fc.sample(worlds(), { seed, numRuns: 1 });
        assert.deepEqual(
            world.filter(({ kind }) => kind === "Gateway"),
            [gateway("shop/edge"), gateway("shop/inner", ["*"], { selector: { istio: "inner" } })],
        );
    });
});

describe("sampleOf", () => {
    it("finds a text for a pattern, one at hand when that will do", () => {
        const patterns = [
            ".*",
            ".+",
            "te.*",
            "t(es)?t",
            "(a|b)/.+",
            "beta|test",
            "^(.*?;\\s*)?(group=beta)(;.*)?$",
            "[0-9]{3}",
        ];
        for (const regex of patterns) assert.ok(textMatches({ regex }, sampleOf({ regex }, [])), regex);
        assert.equal(sampleOf({ regex: ".*" }, ["Mozilla/5.0"]), "Mozilla/5.0");
        assert.equal(sampleOf({ prefix: "/a" }, ["/", "/a/b"]), "/a/b");
    });

    it("refuses a pattern that nothing fulfils, because no request would try its rule", () => {
        assert.throws(() => sampleOf({ regex: "a\\bb" }, []), /no text was found/);
    });
});

describe("a measurement", () => {
    const half = new Map([
        ["v1", 50],
        ["v2", 50],
    ]);

    it("fits within 4 standard deviations and not beyond", () => {
        assert.deepEqual(differences(half, { v1: 228, v2: 172 }), []);
        assert.deepEqual(differences(half, { v1: 245, v2: 155 }), [
            "v1: 245 of 400, expected 50 %",
            "v2: 155 of 400, expected 50 %",
        ]);
    });

    it("allows nothing against a certain outcome, no outcome that nobody spoke of, and no measurement of nothing", () => {
        const certain = new Map([["v1", 100]]);
        assert.deepEqual(differences(certain, { v1: 400 }), []);
        assert.equal(differences(certain, { v1: 399, "status 503": 1 }).length, 2);
        assert.equal(differences(half, { v1: 200, v2: 199, v3: 1 }).length, 1);
        assert.equal(differences(half, {}).length, 2);
    });
});
