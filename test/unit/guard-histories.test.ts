import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { alongChain } from "../../components/traffic/judge/alongChain";
import { fullHost } from "../../components/traffic/judge/applied";
import { appliedIn, type Addressed, type SeenResource } from "../../components/traffic/judge/appliedIn";
import { chainDestinations } from "../../components/traffic/split/chain";
import type { ServiceTraffic } from "../../components/traffic/judge/checkStep";
import { judgeStep } from "../../components/traffic/judge/judgeStep";
import { routesFor } from "../../components/traffic/split/routes";

/** What a program asks for: percent of v2 of each service, and of the chain, where the edge decides. */
interface Wanted {
    readonly own: Readonly<Record<string, number>>;
    readonly chain?: number;
}

const [versions, names] = [
    ["v1", "v2"],
    ["product", "review"],
];
const chain = { name: "shop", services: names };
const of = (v2: number) => ({ v1: 100 - v2, v2 });
const namespace = "shop";

/** The VirtualServices of a program, in the order in which an update writes them: services before the edge. */
function routesOf({ own, chain: decided }: Wanted): SeenResource[] {
    const routes = (name: string, spec: object): SeenResource => ({ kind: "VirtualService", namespace, name, spec });
    const inChain = decided !== undefined;
    const destination = { host: "composite" };
    const route = inChain ? chainDestinations(destination, versions, of(decided)) : [{ destination }];
    return [
        ...names.map((host) => routes(host, routesFor({ host, versions, weights: of(own[host] ?? 0), inChain }))),
        routes("edge", { hosts: ["shop.test"], http: [{ route }] }),
    ];
}

const hosts = new Map<string, Addressed>([
    ...names.map((service) => [fullHost({ hosts: [service] }, namespace), { service }] as const),
    ["shop.test", { service: "shop", isChain: true }],
]);

/** The judgement of hook and command. */
function judged(wanted: Wanted, state: SeenResource[], cluster: SeenResource[], maxRaise: number) {
    const { chain: decided } = wanted;
    const traffic = (service: string, v2: number): ServiceTraffic => ({
        service,
        weights: of(v2),
        reachableByHeader: [],
    });
    const proposed = [
        ...names.map((name) => traffic(name, wanted.own[name] ?? 0)),
        ...(decided === undefined ? [] : [traffic("shop", decided)]),
    ];
    const seen = appliedIn(hosts, { state, cluster });
    const applied = alongChain(chain, seen.applied, proposed);
    const stable = Object.fromEntries([...names, "shop"].map((name) => [name, "v1"]));
    return judgeStep({ ...seen, applied }, proposed, { maxRaise, maxRaiseTogether: 100, stable });
}

/** Percent of a service's users, by way of the edge, who meet v2: as the mesh routes them. */
function met(service: string, routes: readonly SeenResource[]): number {
    const { applied } = appliedIn(hosts, { cluster: routes });
    const own = applied.find((view) => view.service === service);
    const edge = applied.find((view) => view.service === "shop");
    return (own?.inChain && edge ? edge : own)?.weights.v2 ?? 0;
}

/** A step's size; a large one now and then, and mostly such as people make. */
const points = fc.oneof(fc.integer({ min: -100, max: 100 }), fc.integer({ min: -20, max: 20 }), fc.constant(0));
const wanted = fc.record(
    { own: fc.record({ product: points, review: points }), chain: points },
    { requiredKeys: ["own"] },
);

/** What somebody asks for who goes so many points on from what the cluster has. */
function onFrom(cluster: readonly SeenResource[], { own, chain: decided }: Wanted): Wanted {
    const { applied } = appliedIn(hosts, { cluster });
    const moved = (service: string, by: number): number => {
        const now = applied.find((view) => view.service === service)?.weights.v2 ?? 0;
        return Math.min(100, Math.max(0, now + by));
    };
    const services = Object.fromEntries(names.map((name) => [name, moved(name, own[name] ?? 0)]));
    return decided === undefined ? { own: services } : { own: services, chain: moved("shop", decided) };
}

/** Whether an update that was to hand the decision back has failed in the middle: the edge decides, and somebody does not follow. */
function isHalf(cluster: readonly SeenResource[]): boolean {
    const { applied } = appliedIn(hosts, { cluster });
    return (
        applied.some(({ service }) => service === "shop") &&
        applied.some((view) => view.service !== "shop" && !view.inChain)
    );
}
const action = fc.oneof(
    // A failed update has written some of the resources, in their order.
    fc.record({ kind: fc.constant("up" as const), to: wanted, written: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ kind: fc.constant("up" as const), to: wanted, written: fc.constant(3) }),
    fc.record({ kind: fc.constant("rollback" as const), decided: fc.boolean() }),
    fc.record({ kind: fc.constant("kubectl" as const), to: wanted, which: fc.integer({ min: 0, max: 2 }) }),
);

describe("a history of updates, failures, rollbacks and edits with kubectl", function () {
    this.timeout(60_000);

    it("never raises what a service's users meet by more than the limit in one accepted update", () => {
        let accepted = 0;
        fc.assert(
            fc.property(fc.array(action, { maxLength: 40 }), fc.integer({ min: 1, max: 60 }), (history, maxRaise) => {
                let state = routesOf({ own: { product: 0, review: 0 } });
                let cluster = state;
                for (const act of history) {
                    if (act.kind === "kubectl") {
                        const edited = routesOf(onFrom(cluster, act.to));
                        cluster = cluster.map((one, index) => (index === act.which ? (edited[index] ?? one) : one));
                        continue;
                    }
                    const back = { own: { product: 0, review: 0 } };
                    const to = act.kind === "up" ? onFrom(cluster, act.to) : act.decided ? { ...back, chain: 0 } : back;
                    const findings = judged(to, state, cluster, maxRaise);
                    assert.ok(act.kind === "up" || findings.length === 0, "a rollback is refused");
                    if (findings.length > 0) continue;
                    const written = act.kind === "up" ? act.written : 3;
                    if (act.kind === "up") accepted++;
                    const wasHalf = isHalf(cluster);
                    const before = names.map((name) => met(name, cluster));
                    const next = routesOf(to);
                    const after = (from: SeenResource[]) =>
                        next.map((one, index) => (index < written ? one : (from[index] ?? one)));
                    [state, cluster] = [after(state), after(cluster)];
                    // There a second failure in a row has a service follow the edge's old decision.
                    if (written < 3 && wasHalf) continue;
                    names.forEach((name, index) => {
                        const raise = met(name, cluster) - (before[index] ?? 0);
                        assert.ok(raise <= maxRaise, `${name} is raised by ${raise}; at most ${maxRaise}`);
                    });
                }
            }),
            { numRuns: 200 },
        );
        assert.ok(accepted > 100, `only ${accepted} updates were accepted`);
    });
});
