import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { PairedTiersArgs } from "../../systems/tiers/args";
import { backendWeights, liveProblems, pairedProblems } from "../../systems/tiers/problems";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { nothingLive } from "../../components/traffic/split/pairs";

interface Deployment {
    spec: {
        replicas: number;
        minReadySeconds: number;
        strategy: { rollingUpdate: { maxUnavailable: number } };
        selector: { matchLabels: Record<string, string> };
        template: {
            metadata: { labels: Record<string, string> };
            spec: {
                serviceAccountName: string;
                containers: { image: string; env: { name: string; value: string }[] }[];
            };
        };
    };
}

const pair = (version: string) => ({
    name: version,
    version,
    frontendImage: `frontend:${version}`,
    backendImage: `backend:${version}`,
});
const args: PairedTiersArgs = {
    namespace: "tiers",
    pairs: [pair("v1"), pair("v2")],
    active: { pair: "v1" },
    smoke: { pair: "v2" },
    weights: { v1: 70, v2: 30 },
    host: "tiers.minikube.me",
    gateway: "istio-ingress/tiers-gateway",
};

describe("PairedTiers", () => {
    const made = new Map<string, Record<string, unknown>>();
    const order: string[] = [];
    const inputsOf = <Inputs>(kind: string, name: string): Inputs => {
        const inputs = made.get(`${kind} ${name}`);
        assert.ok(inputs, `no ${kind} ${name}; there are ${[...made.keys()].join(", ")}`);
        return inputs as Inputs;
    };

    before(async function () {
        this.timeout(30_000);
        await pulumi.runtime.setMocks({
            newResource: ({ type, name, inputs }) => {
                made.set(`${type.split(":").at(-1)} ${name}`, inputs as Record<string, unknown>);
                order.push(`${type.split(":").at(-1)} ${name}`);
                return { id: `${name}-id`, state: inputs as Record<string, unknown> };
            },
            call: ({ inputs }) => inputs as Record<string, unknown>,
        });
        const { PairedTiers } = await import("../../systems/tiers/PairedTiers");
        const tiers = new PairedTiers("tiers", args);
        await new Promise((resolve) => pulumi.all([tiers.urn, tiers.weights, tiers.backendWeights]).apply(resolve));
    });

    it("takes a frontend's image, backend and service account from one pair", () => {
        for (const [stage, version] of [
            ["active", "v1"],
            ["smoke", "v2"],
        ] as const) {
            const { template, selector } = inputsOf<Deployment>("Deployment", `frontend-${stage}`).spec;
            const [container] = template.spec.containers;
            assert.equal(container?.image, `frontend:${version}`);
            assert.equal(container?.env.find(({ name }) => name === "BACKEND")?.value, `http://backend-${version}`);
            assert.equal(template.spec.serviceAccountName, `frontend-${version}`);
            assert.equal(template.metadata.labels.version, version);
            assert.deepEqual(selector.matchLabels, { app: "frontend", "deploy-stage": stage });
        }
    });
    it("leads each pair's frontends to that pair's backends alone, and lets nobody else in", () => {
        for (const version of ["v1", "v2"]) {
            const name = `backend-${version}`;
            const { spec } = inputsOf<{ spec: { selector: object } }>("Service", name);
            const { selector, template } = inputsOf<Deployment>("Deployment", name).spec;
            assert.deepEqual(spec.selector, selector.matchLabels);
            assert.equal(template.metadata.labels.version, version);
            const [container] = template.spec.containers;
            assert.equal(container?.env.find((one) => one.name === "ACCEPTS")?.value, version);
            const policy = inputsOf<{ spec: { rules: unknown[] } }>("AuthorizationPolicy", `${name}-callers`).spec;
            assert.deepEqual(policy.rules, [
                { from: [{ source: { principals: [`*/ns/tiers/sa/frontend-${version}`] } }] },
            ]);
        }
    });
    it("has five pods of each, of which none goes before its successor was ready for 30 s", () => {
        const { spec } = inputsOf<Deployment>("Deployment", "frontend-active");
        assert.deepEqual([spec.replicas, spec.minReadySeconds], [5, 30]);
        assert.equal(spec.strategy.rollingUpdate.maxUnavailable, 0);
        assert.equal(inputsOf<Deployment>("Deployment", "backend-v2").spec.replicas, 5);
    });
    it("decides at the entry, by version, and leads the smoke host to smoke", () => {
        const { spec } = inputsOf<{ spec: VirtualServiceSpec }>("VirtualService", "frontend-vs");
        assert.deepEqual(
            spec.http?.map(({ route }) => route.map(({ destination, weight }) => [destination.host, weight])),
            [
                [
                    ["frontend-active.tiers.svc.cluster.local", 70],
                    ["frontend-smoke.tiers.svc.cluster.local", 30],
                ],
            ],
        );
        const smoke = inputsOf<{ spec: VirtualServiceSpec }>("VirtualService", "frontend-smoke-vs").spec;
        assert.deepEqual(smoke.hosts, ["smoke.tiers.minikube.me"]);
        assert.equal(smoke.http?.[0]?.route[0]?.destination.host, "frontend-smoke.tiers.svc.cluster.local");
    });
    it("makes backends before their frontends, and both before the routes", () => {
        const at = (name: string): number => order.indexOf(name);
        for (const [backend, frontend] of [
            ["Deployment backend-v1", "Deployment frontend-active"],
            ["Deployment backend-v2", "Deployment frontend-smoke"],
        ] as const)
            assert.ok(at(backend) < at(frontend) && at(frontend) < at("VirtualService frontend-vs"), order.join("\n"));
    });
    it("refuses what no stage serves", async () => {
        const { PairedTiers } = await import("../../systems/tiers/PairedTiers");
        assert.throws(
            () => new PairedTiers("bad", { ...args, smoke: undefined }),
            /no frontend runs v2; active runs v1/,
        );
        assert.throws(
            () => new PairedTiers("bad", { ...args, active: { pair: "v9" } }),
            /there is no pair v9; the pairs are v1, v2/,
        );
    });
    it("names who would be left without backends", () => {
        const pairs = args.pairs.map((one) => ({ ...one, backendReplicas: 0 }));
        assert.deepEqual(
            pairedProblems({ ...args, pairs }).map(({ message }) => message),
            [
                "backend-v1 can't be without pods: frontend-active asks it",
                "backend-v2 can't be without pods: frontend-smoke asks it",
            ],
        );
    });
    it("refuses to take a compatible backend back before its frontends", () => {
        const active = { ...pair("v1"), name: "active", compatibleBackend: { version: "v1", accepts: ["v1"] } };
        const asked = { ...args, pairs: [active], active: { pair: "active" }, smoke: undefined, weights: undefined };
        const live = { active: { version: "v2", pair: "active" }, smokeShare: 0 };
        assert.match(
            liveProblems(asked, live)[0]?.message ?? "",
            /backend-active can't become v1 while frontend-active runs v2/,
        );
        assert.deepEqual(liveProblems(asked, nothingLive), []);
        const mixed = { ...active, version: "v2" };
        assert.match(
            pairedProblems({ ...asked, pairs: [mixed] })[0]?.message ?? "",
            /frontend v2 would ask backend v1/,
        );
    });
    it("tells the backends' shares, which follow from the frontends'", () => {
        assert.deepEqual(backendWeights(args, { v1: 70, v2: 30 }), { v1: 70, v2: 30 });
        const backend = { version: "v2", accepts: ["v1", "v2"] };
        const asked = { ...args, pairs: [{ ...pair("v1"), compatibleBackend: backend }, pair("v2")] };
        assert.deepEqual(backendWeights(asked, { v1: 70, v2: 30 }), { v2: 100 });
    });
});
