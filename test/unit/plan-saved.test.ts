import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Change, resourceState } from "../../rollout/plan/events";
import { makePlan } from "../../rollout/plan/make";
import type { Plan } from "../../rollout/plan/model";
import { isOfCreated, movedSince, unsteadyIn, withoutUnsteady } from "../../rollout/plan/moved";
import { savedPlan } from "../../rollout/plan/saved";
import { change, knownOf, movedByHand, pods, type Situation, split } from "../support/previews";

const plan = (v2: number, more?: Situation): Plan =>
    makePlan(
        knownOf(
            [
                ...split("review", { weights: { v1: 100, v2: 0 } }, { weights: { v1: 100 - v2, v2 } }),
                pods("review", "v2", 1, 3),
            ],
            more,
        ),
    );

describe("a saved plan", () => {
    let folder: string;
    before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "plan-saved-"))));
    after(() => fs.rmSync(folder, { recursive: true }));

    const saved = (content: unknown): string => {
        const file = path.join(folder, "plan.json");
        fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
        return file;
    };

    it("says of which form it is, and is read as it was written", () => {
        const approved = savedPlan(saved(plan(10)));
        assert.equal(approved.schema, 3);
        assert.deepEqual(movedSince(approved, plan(10)), []);
    });
    it("is no longer what a plan says that moves others, or that finds another cluster", () => {
        const approved = savedPlan(saved(plan(10)));
        const paths = (now: Plan): string[] => movedSince(approved, now).map(({ path }) => path);
        assert.ok(paths(plan(20)).includes("services[review].proposed.weights.v2"));
        assert.deepEqual(paths(plan(10, { edit: movedByHand(30) })), ["drift[VirtualService hands-on/review-vs]"]);
    });
    for (const [what, content, why] of [
        ["of no form", { ...plan(10), schema: undefined }, /no plan of this version: schema: /],
        ["of an earlier form", { ...plan(10), schema: 2 }, /no plan of this version: schema: .*expected 3/],
        ["that was cut off", '{"schema": 3, "pro', /can't be read as a saved plan: /],
        ["with a part of another form", { ...plan(10), services: [{ service: 5 }] }, /services\.0\.service: /],
    ] as const)
        it(`${what} is refused, with the command that makes a new one`, () => {
            const file = saved(content);
            assert.throws(() => savedPlan(file), why);
            assert.throws(() => savedPlan(file), /\n {2}fix: npx upshift plan --json-file /);
        });
    it("that is not there is refused", () => {
        assert.throws(() => savedPlan(path.join(folder, "none.json")), /can't be read as a saved plan: ENOENT/);
    });

    describe("of what is created", () => {
        const creating = (type: string, inputs: object, op = "create", folder?: string): Plan =>
            makePlan({ ...knownOf([{ ...change(type, "new", undefined, inputs), op }]), folder });
        const deployment = (image: string, more: object = {}): object => ({
            metadata: { name: "review-v2", ...more },
            spec: { replicas: 2, template: { spec: { containers: [{ name: "review", image }] } } },
        });
        const apps = "kubernetes:apps/v1:Deployment";
        const image = "changes[Deployment new].created.inputs.spec.template.spec.containers.0.image";
        const paths = (approved: Plan, now: Plan): string[] => movedSince(approved, now).map(({ path }) => path);
        /** As the engine tells of a secret. */
        const secret = {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            ciphertext: "[secret]",
        };

        for (const op of ["create", "import", "create-replacement"])
            it(`is no longer what a plan says that has something else to ${op}`, () => {
                const approved = savedPlan(saved(creating(apps, deployment("demo:1"), op)));
                assert.deepEqual(movedSince(approved, creating(apps, deployment("demo:1"), op)), []);
                assert.deepEqual(paths(approved as Plan, creating(apps, deployment("evil:2"), op)), [image]);
            });
        it("is not what it was with other rights, another count, or one field more", () => {
            const binding = (name: string): Plan =>
                creating("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", { roleRef: { name } });
            assert.deepEqual(paths(binding("view"), binding("cluster-admin")), [
                "changes[ClusterRoleBinding new].created.inputs.roleRef.name",
            ]);
            const more = deployment("demo:1", { labels: { app: "review" } });
            assert.deepEqual(paths(creating(apps, deployment("demo:1")), creating(apps, more)), [
                "changes[Deployment new].created.inputs.metadata.labels",
            ]);
        });
        it("tells two of one name apart, in whatever order they come", () => {
            const [edge, core] = ["test:index:Edge", "test:index:Core"].map(
                (part) => (tag: string) => change(`${part}$${apps}`, "web", undefined, deployment(tag)),
            );
            assert.ok(edge && core);
            const of = (...changes: Change[]): Plan => makePlan(knownOf(changes));
            assert.deepEqual(paths(of(edge("demo:1"), core("demo:2")), of(core("demo:2"), edge("demo:1"))), []);
            assert.deepEqual(paths(of(edge("demo:1"), core("demo:2")), of(core("evil:2"), edge("demo:1"))), [
                `changes[Deployment web (test:index:Core$${apps})].created.inputs.spec.template.spec.containers.0.image`,
            ]);
        });
        it("is not what it was with another file", () => {
            const asset = (hash: string, folder: string): object => ({
                "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
                path: `${folder}/site.zip`,
                hash,
            });
            const of = (hash: string, folder: string): Plan => creating("a:b:C", { source: asset(hash, folder) });
            assert.deepEqual(paths(of("aa11", "/a"), of("aa11", "/b")), []);
            assert.deepEqual(paths(of("aa11", "/a"), of("bb22", "/a")), ["changes[C new].created.inputs.source"]);
        });
        it("is not what it was in another cluster", () => {
            const by = (name: string): Plan => {
                const provider = `urn:pulumi:dev::upshift::pulumi:providers:kubernetes::${name}::1b2c`;
                const next = resourceState({ inputs: { metadata: { name: "review-v2" } }, provider });
                return makePlan(knownOf([{ ...change(apps, "new", undefined, {}), new: next }]));
            };
            assert.deepEqual(movedSince(by("eu"), by("us")), [
                { path: "changes[Deployment new].created.provider", from: "eu", to: "us" },
            ]);
        });
        it("holds on another machine, in another folder", () => {
            const at = (folder: string): Plan => creating("a:b:C", { chart: `${folder}/chart` }, "create", folder);
            assert.deepEqual(movedSince(at("/builds/1/shop"), at("/srv/runner/shop")), []);
        });
        it("has no text of it, and no digest of a secret", () => {
            const of = (type: string, inputs: object): string => JSON.stringify(creating(type, inputs).changes);
            const config = of("kubernetes:core/v1:ConfigMap", { data: { key: "hunter2" } });
            assert.doesNotMatch(config, /hunter2/);
            assert.match(config, /"key":"sha256:/);
            assert.doesNotMatch(of("a:b:C", { name: "hunter2", list: [{ name: "hunter2" }] }), /hunter2/);
            for (const data of [secret, { key: secret }, { key: "hunter2" }])
                assert.doesNotMatch(of("kubernetes:core/v1:Secret", { data, stringData: data }), /hunter2|sha256/);
            assert.doesNotMatch(of("a:b:C", { password: secret }), /sha256/);
        });
        it("is what was approved though the program makes a name, a time or a key anew at each run", () => {
            const run = (seed: string, tag = "demo:1"): Plan =>
                creating(apps, {
                    ...deployment(tag, { name: `review-${seed}`, annotations: { made: `2026-11-27T20:00:0${seed}Z` } }),
                    subjects: [{ kind: "ServiceAccount", name: `review-${seed}` }],
                    jwks: `key ${seed}`,
                });
            const approved = { ...run("1"), unsteady: unsteadyIn(run("1"), run("0")) };
            const [now, again] = [run("2"), run("3")];
            const moved = movedSince(approved, now);
            assert.equal(moved.length, 4);
            assert.ok(moved.every(isOfCreated));
            assert.deepEqual(withoutUnsteady(moved, approved, now, again), []);
            const others = withoutUnsteady(
                movedSince(approved, run("2", "evil:2")),
                approved,
                run("2", "evil:2"),
                run("3", "evil:2"),
            );
            assert.deepEqual(
                others.map(({ path }) => path),
                [image],
            );
        });
        it("is not what was approved where what was the same each time then is made anew at each run now, or is pinned", () => {
            const run = (tag: string, key: string): Plan => creating(apps, { ...deployment(tag), jwks: key });
            const approved = { ...run("demo:1", "1"), unsteady: unsteadyIn(run("demo:1", "1"), run("demo:1", "0")) };
            const told = (now: Plan, again: Plan): string[] =>
                withoutUnsteady(movedSince(approved, now), approved, now, again).map(({ path }) => path);
            assert.deepEqual(told(run("demo:1", "2"), run("demo:1", "3")), []);
            assert.deepEqual(told(run("evil:2", "2"), run("evil:3", "3")), [image]);
            const key = "changes[Deployment new].created.inputs.jwks";
            assert.deepEqual(told(run("demo:1", "mine"), run("demo:1", "mine")), [key]);
            // One that does not say what was unsteady promises all of it.
            const strict = withoutUnsteady(
                movedSince(run("demo:1", "1"), run("demo:1", "2")),
                run("demo:1", "1"),
                run("demo:1", "2"),
                run("demo:1", "3"),
            );
            assert.deepEqual(
                strict.map(({ path }) => path),
                [key],
            );
        });
        it("is told though nothing is unsteady but the cluster, the state or a step", () => {
            const moved = movedSince(plan(10), plan(20));
            assert.deepEqual(withoutUnsteady(moved, plan(10), plan(20), plan(30)), moved);
        });
    });
});
