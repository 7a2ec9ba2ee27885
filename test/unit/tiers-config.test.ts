import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { readSettings } from "../../systems/config/read";
import { tiersPlan } from "../../systems/tiers/system";

/** The settings of a config, or its problems as text. */
function read(config: Record<string, unknown>) {
    const values = Object.entries({ system: ["tiers"], ...config }).filter(([, value]) => value !== undefined);
    return readSettings(Object.fromEntries(values.map(([key, value]) => [key, JSON.stringify(value)])));
}

function planned(config: Record<string, unknown>) {
    const { settings, problems } = read(config);
    assert.deepEqual(problems, []);
    const system = settings?.systems.tiers;
    assert.ok(settings && system);
    return tiersPlan(system, Object.values(settings.services));
}

const problems = (config: Record<string, unknown>): string[] =>
    read(config).problems.map(({ at, message }) => `${at}: ${message}`);

const version = fc.constantFrom("v1", "v2", "v3");
const tier = fc.record({ frontend: version, backend: version });
/** Most configs that have everything are refused: what they have is spread, so that enough are accepted. */
const seldom = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined, freq: 1 });
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });
const weights = fc.constantFrom(
    { v1: 100 },
    { v1: 100, v2: 0 },
    { v1: 70, v2: 30 },
    { v1: 0, v2: 100 },
    { v2: 100, v3: 0 },
    { v2: 40, v3: 60 },
    { v1: 10, v2: 20, v3: 70 },
    { v1: 50 },
);
const images = { v1: "own:1", v2: "own:2", v3: "own:3" };
const config = fc.record({
    weights: seldom(fc.record({ frontend: weights })),
    stable: seldom(fc.record({ frontend: version })),
    images: fc.constantFrom(undefined, { frontend: images, backend: images }, { frontend: images }),
    replicas: seldom(
        fc.dictionary(
            fc.constantFrom(
                "frontend",
                "frontend-smoke",
                "frontend-active",
                "backend-v1",
                "backend-v2",
                "backend-smoke",
            ),
            fc.constantFrom(0, 1, 5),
            { maxKeys: 2 },
        ),
    ),
    canaryHeader: seldom(fc.record({ name: fc.constant("X-group"), exact: fc.constant("test"), to: version })),
    tiers: seldom(fc.record({ compatible: fc.boolean(), active: maybe(tier), smoke: maybe(tier) })),
});

describe("the config of tiers", () => {
    it("begins with five frontends and five backends of v1 and no smoke stage, and a new frontend waits 30 s", () => {
        assert.deepEqual(planned({}), {
            canaryHeader: undefined,
            minReadySeconds: 30,
            pairs: [{ name: "v1", version: "v1", backendReplicas: 5 }],
            active: { pair: "v1", replicas: 5 },
            weights: { v1: 100 },
        });
    });
    it("deploys the smoke stage once a second version is named, and leaves it there when active is upgraded", () => {
        const smoke = planned({ weights: { frontend: { v1: 100, v2: 0 } } });
        assert.deepEqual([smoke.active.pair, smoke.smoke?.pair, smoke.pairs.length], ["v1", "v2", 2]);
        const upgraded = planned({ weights: { frontend: { v1: 0, v2: 100 } } });
        assert.deepEqual([upgraded.active.pair, upgraded.smoke?.pair, upgraded.pairs.length], ["v2", "v2", 2]);
    });
    it("scales the old backend and the smoke frontends down once nobody needs them", () => {
        const replicas = { "backend-v1": 0, "frontend-smoke": 0 };
        const plan = planned({ weights: { frontend: { v1: 0, v2: 100 } }, replicas });
        assert.deepEqual(
            plan.pairs.map(({ backendReplicas }) => backendReplicas),
            [0, 5],
        );
        assert.equal(plan.smoke?.replicas, 0);
    });
    it("goes on with a third version, and leaves the first behind", () => {
        const plan = planned({
            weights: { frontend: { v2: 100, v3: 0 } },
            stable: { frontend: "v2" },
            images: { frontend: { v3: "own:3" }, backend: { v3: "own:3" } },
        });
        assert.deepEqual(
            [plan.active.pair, plan.smoke?.pair, plan.pairs.map(({ name }) => name)],
            ["v2", "v3", ["v2", "v3"]],
        );
    });
    it("updates smoke's backend alone, where that is declared compatible", () => {
        const tiers = {
            compatible: true,
            active: { frontend: "v1", backend: "v1" },
            smoke: { frontend: "v1", backend: "v2" },
        };
        const [active, smoke] = planned({ tiers }).pairs;
        assert.deepEqual(active?.compatibleBackend, { version: "v1", accepts: ["v1"] });
        assert.deepEqual(smoke?.compatibleBackend, { version: "v2", accepts: ["v1", "v2"] });
    });
    it("tells all that can't be at once", () => {
        assert.deepEqual(
            problems({
                images: { frontend: { v3: "own:3" } },
                hosts: { tiers: "*" },
                strategy: { frontend: "mesh" },
                tiers: { active: { frontend: "v1", backend: "v2" } },
            }),
            [
                "images.backend.v3: v3 has an image of frontend and none of backend: a pair has both tiers",
                "hosts.tiers: needs a host of its own, for the smoke stage answers at smoke.<host>",
                "tiers.active: versions of single tiers can be named only where they are declared compatible",
                "strategy.frontend: strategy mesh does not fit frontend; it takes pairs",
            ],
        );
    });
    it("refuses no pods where somebody is served", () => {
        assert.deepEqual(
            problems({
                weights: { frontend: { v1: 70, v2: 30 } },
                replicas: { "frontend-active": 0, "frontend-smoke": 0, "backend-v1": 0, "backend-v2": 0 },
            }),
            [
                "replicas.frontend-active: frontend-active can't be without pods: users reach it",
                "replicas.frontend-smoke: frontend-smoke can't be without pods: it serves v2 by weight",
            ],
        );
        assert.deepEqual(
            problems({ weights: { frontend: { v1: 100, v2: 0 } }, replicas: { "backend-v1": 0, "backend-v2": 0 } }),
            [
                "replicas.backend-v1: backend-v1 can't be without pods: frontend-active asks it",
                "replicas.backend-v2: backend-v2 can't be without pods: frontend-smoke asks it",
            ],
        );
    });
    it("refuses a third version beside two, a frontend newer than its compatible backend, and counts of what is not there", () => {
        const both = { frontend: images, backend: images };
        assert.match(
            problems({ weights: { frontend: { v1: 60, v2: 20, v3: 20 } }, images: both }).join(),
            /v1, v2, v3 are named/,
        );
        assert.match(
            problems({ tiers: { compatible: true, active: { frontend: "v2", backend: "v1" } } }).join(),
            /tiers\.active: frontend v2 would ask backend v1, which answers v1: the backend goes first, and comes back last/,
        );
        assert.match(problems({ replicas: { "backend-smoke": 0 } }).join(), /replicas\.backend-smoke: .* are not here/);
        assert.match(
            problems({ tiers: { compatible: true }, weights: { frontend: { v1: 100 } } }).join(),
            /weights\.frontend: where versions are compatible, tiers\.active and tiers\.smoke say/,
        );
    });
    it("never gives a frontend a backend of another version unless that is declared, nor ever one that refuses it", function () {
        this.timeout(120_000);
        let accepted = 0;
        fc.assert(
            fc.property(config, (one) => {
                const { settings } = read(one);
                const system = settings?.systems.tiers;
                if (!system) return;
                accepted++;
                const plan = tiersPlan(system, Object.values(settings.services));
                for (const { version: frontend, compatibleBackend } of plan.pairs) {
                    if (one.tiers?.compatible) assert.ok(compatibleBackend?.accepts.includes(frontend));
                    else assert.equal(compatibleBackend, undefined);
                }
                const pairOf = (name: string) => plan.pairs.find((pair) => pair.name === name);
                for (const stage of [plan.active, ...(plan.smoke ? [plan.smoke] : [])]) {
                    assert.ok(pairOf(stage.pair), `no pair ${stage.pair}`);
                    assert.ok(
                        stage.replicas === 0 || pairOf(stage.pair)?.backendReplicas !== 0,
                        "a frontend without backend",
                    );
                }
                assert.notEqual(plan.active.replicas, 0);
            }),
            { numRuns: 500 },
        );
        assert.ok(accepted > 40, `only ${accepted} configs were accepted`);
    });
});
