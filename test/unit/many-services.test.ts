import * as assert from "node:assert/strict";
import { servedProblems } from "../../components/traffic/split/served";
import { judge } from "../../components/traffic/judge/judge";
import type { Placed } from "../../components/traffic/world/objects";
import { overlay, type World } from "../../components/traffic/world/world";
import { makePlan } from "../../rollout/plan/make";
import { policies } from "../../policies/policies";
import { serviceObjects } from "../support/policyObjects";
import { judged as judgedByPack } from "../support/policyRun";
import { knownOf, split } from "../support/previews";
import { growthOf } from "../support/work";
import { byHeader, routes, service, world } from "../support/worlds";

/** Fourfold many, and a little for what is sorted. */
const linear = 4.3;

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `s-${index}`);
const limits = { maxRaise: 50, maxRaiseTogether: 100 };

/** Services, each of which takes a step. */
function stepOf(count: number, move = 20): { before: World; after: World } {
    const marks = { maxRaise: 50, maxRaiseTogether: 100 };
    const all = (v2: number): Placed[] =>
        names(count).flatMap((name) =>
            service({ name, weights: { v1: 100 - v2, v2 }, marks, rules: [byHeader("v2", undefined, name)] }),
        );
    return { before: world(all(10)), after: world(all(10 + move)) };
}

async function isLinear(run: (count: number) => () => unknown): Promise<void> {
    const growth = await growthOf(run);
    assert.ok(growth < linear, `four times as many services are ${growth.toFixed(1)} times the work`);
}

describe("the work with many services grows with their number, and not with its square:", () => {
    it("to judge a step of all of them, over the state and the cluster", () =>
        isLinear((count) => {
            const steps = [
                { readFrom: "state" as const, ...stepOf(count) },
                { readFrom: "cluster" as const, ...stepOf(count) },
            ];
            return () => assert.deepEqual(judge(steps, limits).findings, []);
        }));

    it("to refuse a step of all of them", () =>
        isLinear((count) => {
            const steps = [{ readFrom: "state" as const, ...stepOf(count, 80) }];
            return () => assert.equal(judge(steps, limits).findings.length, count);
        }));

    it("to judge services that follow what one edge decides", () =>
        isLinear((count) => {
            const release = (to: string): object => byHeader(to, { "x-release": { exact: to } });
            const chained = names(count).flatMap((name) =>
                service({ name, rules: [release("v1"), release("v2")].map((rule) => ofHost(rule, name)) }),
            );
            const edge = (v2: number): Placed =>
                routes({
                    name: "edge",
                    weighted: {
                        route: ["v1", "v2"].map((to) => ({
                            destination: { host: "s-0", subset: to },
                            weight: to === "v2" ? v2 : 100 - v2,
                            headers: { request: { set: { "x-release": to } } },
                        })),
                    },
                });
            const before = world(chained, edge(0));
            const step = { readFrom: "state" as const, before, after: overlay(before, [edge(20)]) };
            return () => judge([step], limits);
        }));

    it("to say that nobody answers", () =>
        isLinear((count) => {
            const istiod = service({ name: "istiod", namespace: "istio-system", isUnrouted: true });
            const all = world(
                istiod,
                names(count).flatMap((name) => service({ name })),
            );
            const pods = names(count).map((app) => ({ namespace: app, labels: { app }, hasProxy: true }));
            return () => {
                for (const name of names(count)) {
                    const host = `${name}.shop.svc.cluster.local`;
                    const wanted = { service: name, namespace: "shop", isForMesh: true };
                    servedProblems({ ...wanted, destinations: [{ host, subset: "v1" }] }, all, pods);
                }
            };
        }));

    it("to plan a step of all of them", () =>
        isLinear((count) => {
            const changes = names(count).flatMap((name) =>
                split(name, { weights: { v1: 90, v2: 10 } }, { weights: { v1: 80, v2: 20 } }),
            );
            const known = knownOf(changes);
            return () => {
                const plan = makePlan(known);
                assert.equal(plan.services.length, count);
            };
        }));

    for (const { name } of policies)
        it(`to preview a step of all of them with policy ${name}`, () =>
            isLinear((count) => {
                const all = (v2: number) =>
                    names(count).flatMap((one) => serviceObjects(one, { weights: { v1: 100 - v2, v2 } }));
                const [applied, proposed] = [all(10), all(20)];
                return () => judgedByPack(name, proposed, { applied, live: applied });
            }));
});

function ofHost(rule: object, host: string): object {
    const text = JSON.stringify(rule).replaceAll('"review"', JSON.stringify(host));
    return JSON.parse(text) as object;
}
