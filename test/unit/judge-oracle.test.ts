import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { judge } from "../../components/traffic/judge/judge";
import { stableOf } from "../../components/traffic/judge/stable";
import type { Step, Worlds } from "../../components/traffic/judge/step";
import { placeId } from "../../components/traffic/effect/places";
import type { Change } from "../../components/traffic/effect/changes";
import type { World } from "../../components/traffic/world/world";
import { changed, changes } from "../oracle/changes";
import { worlds } from "../oracle/generate";
import { type Manifest, templateHash, type World as Manifests } from "../oracle/manifest";
import { type KindOfRequest, requestsFor } from "../oracle/requests";
import { productWorld, settled, steppedWorld } from "../oracle/product";
import { type Rise, rise } from "../oracle/rise";
import { serve } from "../oracle/serve";
import { byHeader, service, world as worldOf } from "../support/worlds";

/** How many random steps are judged: `npm run test:long` sets more. */
const cases = Number(process.env.UPSHIFT_CASES ?? 5_000);
const limit = 25;

/** What happens to a stack: an update goes through or fails after some writes, is tried again, is taken back; somebody uses kubectl. */
const event = fc.record({
    kind: fc.constantFrom("up" as const, "up", "up", "again", "back", "edit"),
    change: changes(),
    failsAfter: fc.option(fc.nat(6), { nil: Infinity, freq: 2 }),
});

/** One step over what the state has, and over what the cluster has. */
function stepsTo(next: Manifests, before: { state: Manifests; cluster: Manifests }): Step[] {
    return [
        { readFrom: "state", ...around(before.state, next) },
        { readFrom: "cluster", ...around(before.cluster, next) },
    ];
}

/** What there is once an update has written some objects of the next world and removed, as the last, what that has no more. */
function written(before: Manifests, next: Manifests, count: number): Manifests {
    const idOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace}/${metadata.name}`;
    const old = new Map(before.map((one) => [idOf(one), one]));
    const changedOnes = next.filter((one) => JSON.stringify(old.get(idOf(one))) !== JSON.stringify(one));
    for (const one of changedOnes.slice(0, count)) old.set(idOf(one), one);
    if (changedOnes.length > count) return [...old.values()];
    return next;
}

/** What the oracle says of a step that the judge has accepted: the first rise of users that goes too far. */
function tooFar(
    before: Manifests,
    after: Manifests,
    stable: ReadonlySet<string>,
): { request: KindOfRequest; rise: Rise } | undefined {
    for (const request of requestsFor(before, after).filter(({ ordinary }) => ordinary)) {
        const served = serve(before, request);
        // Who is not served yet is deployed for the first time; pods that come to where routes lead already take over from nobody.
        const unserved = served.filter((one) => one.outcome === "fails" && /no ready pods|no subset/.test(one.why));
        const owed = unserved.reduce((sum, { percent }) => sum + percent, 0);
        const isNew = served.every(
            (one) => one.outcome === "fails" && /no route|no gateway|no service|404/i.test(one.why),
        );
        // One workload alone is rolled as Kubernetes rolls it.
        const workloads = new Set(served.map((one) => (one.outcome === "pods" ? one.workload : "")));
        const isRolled = ({ outcome }: Rise): boolean =>
            workloads.size === 1 && workloads.has(outcome.split(" ")[0] ?? "");
        const found = rise(before, after, request).find(
            (one) => one.points - owed > limit + 0.1 && !stable.has(one.outcome) && !isRolled(one),
        );
        if (found && !isNew) return { request, rise: found };
    }
    return undefined;
}

/** The stable version's pods as they were before, in the oracle's words. */
function stableIn(judged: readonly Change[], worlds: Worlds, manifests: Manifests): Set<string> {
    const services = [...new Set(judged.map(({ service }) => service))];
    const workloads = services.flatMap((service) => {
        const own = judged.filter((change) => change.service === service);
        const stable = stableOf(own, worlds);
        // What no mark calls stable is so at each place by itself.
        const ids = [...new Set(own.map(({ place }) => placeId(place)))];
        const all = stable.isMarked
            ? [stable]
            : ids.map((id) =>
                  stableOf(
                      own.filter(({ place }) => placeId(place) === id),
                      worlds,
                  ),
              );
        return all.flatMap(({ outcomes }) => outcomes).flatMap(({ pods }) => pods?.workload ?? []);
    });
    const templates = manifests.flatMap(({ metadata, spec }) => {
        const id = `${metadata.namespace}/${metadata.name}`;
        return workloads.includes(id) ? [`${id} ${templateHash((spec as { template?: unknown }).template)}`] : [];
    });
    return new Set(templates);
}

function around(before: Manifests, after: Manifests): Worlds {
    const world = productWorld(before);
    return { before: world, after: steppedWorld(after, world) };
}

describe("the judge beside the oracle", function () {
    // Nothing here waits: how long so many cases take is the machine's.
    this.timeout(0);

    it("accepts no step that raises any outcome of any users beyond the limit", () => {
        let accepted = 0;
        fc.assert(
            fc.property(worlds(), changes(), (drawn, change) => {
                const [manifests, next] = [settled(drawn), settled(changed(drawn, change))];
                const step = around(manifests, next);
                const judged = judge([{ readFrom: "state", ...step }], {
                    maxRaise: limit,
                    maxRaiseTogether: 100,
                });
                if (judged.findings.length > 0) return;
                accepted++;
                const found = tooFar(manifests, next, stableIn(judged.changes, step, manifests));
                assert.equal(found && JSON.stringify({ change, ...found }), undefined);
            }),
            { numRuns: cases, seed: 1 },
        );
        assert.ok(accepted > cases / 10, `only ${accepted} of ${cases} steps were accepted: the test says little`);
    });

    it("nor where the state and the cluster differ, after an update that failed or somebody's edit", () => {
        fc.assert(
            fc.property(worlds(), changes(), changes(), (drawn, edit, change) => {
                const [state, cluster, next] = [drawn, changed(drawn, edit), changed(drawn, change)].map(settled) as [
                    Manifests,
                    Manifests,
                    Manifests,
                ];
                const steps = stepsTo(next, { state, cluster });
                const judged = judge(steps, { maxRaise: limit, maxRaiseTogether: 100 });
                if (judged.findings.length > 0) return;
                for (const [index, manifests] of [state, cluster].entries()) {
                    const { changes: seen } = judge(steps.slice(index, index + 1), {
                        maxRaise: limit,
                        maxRaiseTogether: 100,
                    });
                    const found = tooFar(manifests, next, stableIn(seen, around(manifests, next), manifests));
                    assert.equal(found && JSON.stringify({ edit, change, ...found }), undefined);
                }
            }),
            { numRuns: Math.ceil(cases / 5), seed: 2 },
        );
    });
    it("nor in any history of updates that go through, fail halfway and are tried again, edits, and ways back", () => {
        let accepted = 0;
        fc.assert(
            fc.property(worlds(), fc.array(event, { minLength: 2, maxLength: 5 }), (drawn, history) => {
                const first = settled(drawn);
                let [program, state, cluster]: [Manifests, Manifests, Manifests] = [first, first, first];
                for (const one of history) {
                    if (one.kind === "edit") {
                        cluster = settled(changed(cluster, one.change));
                        continue;
                    }
                    const proposed = { back: first, again: program, up: settled(changed(program, one.change)) };
                    const next = proposed[one.kind];
                    const judged = judge(stepsTo(next, { state, cluster }), { maxRaise: limit, maxRaiseTogether: 100 });
                    if (judged.findings.length > 0) continue;
                    accepted++;
                    const found = tooFar(cluster, next, stableIn(judged.changes, around(cluster, next), cluster));
                    assert.equal(found && JSON.stringify({ history, one, ...found }), undefined);
                    program = next;
                    state = written(state, next, one.failsAfter);
                    cluster = written(cluster, next, one.failsAfter);
                }
            }),
            { numRuns: Math.ceil(cases / 20), seed: 6 },
        );
        assert.ok(accepted > cases / 40, `only ${accepted} updates were accepted: the test says little`);
    });
    it("has nothing to say of a world that stays as it is, whatever is in it", () => {
        fc.assert(
            fc.property(worlds(), (manifests) => {
                // Two readings of it, so that none is left out because it is the very same object.
                const [before, after] = [productWorld(manifests), productWorld(structuredClone(manifests))];
                const { findings } = judge([{ readFrom: "state", before, after }], {
                    maxRaise: 1,
                    maxRaiseTogether: 1,
                });
                assert.deepEqual(findings, []);
            }),
            { numRuns: Math.ceil(cases / 5), seed: 3 },
        );
    });
    it("accepts every move back to stable, from whatever weights, with whatever rules beside them", () => {
        const percent = fc.integer({ min: 0, max: 100 });
        const rule = fc.constantFrom<object>(byHeader("v2"), byHeader("v2", { "x-other": {} }), {
            match: [{ uri: { prefix: "/beta" } }],
            route: [{ destination: { host: "review", subset: "v2" } }],
        });
        fc.assert(
            fc.property(percent, percent, fc.array(rule, { maxLength: 3 }), fc.nat(3), (one, other, rules, kept) => {
                const [v2, v3] = [one, Math.floor(((100 - one) * other) / 100)];
                const of = (weights: Record<string, number>, above: readonly object[]): World =>
                    worldOf(service({ weights, rules: above, versions: ["v1", "v2", "v3"] }));
                const before = of({ v1: 100 - v2 - v3, v2, v3 }, rules);
                const after = of({ v1: 100, v2: 0, v3: 0 }, rules.slice(0, kept));
                assert.deepEqual(judge([{ readFrom: "state", before, after }], { maxRaise: 1 }).findings, []);
            }),
            { numRuns: cases, seed: 4 },
        );
    });
});
