import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import { annotations } from "../../components/traffic/world/marks";
import { routesFor } from "../../components/traffic/split/routes";
import { startCluster, until, type TestCluster } from "../support/apiserver";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";

const routes = "/apis/networking.istio.io/v1/namespaces/default/virtualservices";
const canaryHeader = { name: "X-group", exact: "test", to: "v2" };

const { blueGreen: blueGreenAnnotation, breakGlass: breakGlassAnnotation, stable: stableAnnotation } = annotations;

interface Wanted {
    v2: number;
    v3?: number;
    header?: boolean;
    annotations?: Record<string, string | null>;
}

describe("StepAdmission, by an API server", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let stack: Sandbox;

    before(async () => {
        cluster = await startCluster(defineMeshKinds);
        stack = await sandbox({ "index.ts": program(cluster) });
        await stack.succeed("up", "--yes", "--skip-preview");
        for (const host of ["review", "unguarded"]) await create(host);
        await until("the API server knows the policy", 60_000, async () => {
            await patch({ v2: 0 });
            return isRefused(await patch({ v2: 90 }));
        });
        await patch({ v2: 0 });
    });
    after(async () => {
        stack?.remove();
        await cluster?.stop();
    });

    const specOf = (host: string, { v2, v3 = 0, header }: Wanted): object =>
        routesFor({
            host,
            versions: ["v1", "v2", "v3"],
            weights: { v1: 100 - v2 - v3, v2, v3 },
            ...(header ? { canaryHeader } : {}),
        });
    const create = (host: string): Promise<unknown> =>
        cluster.request("POST", routes, {
            apiVersion: "networking.istio.io/v1",
            kind: "VirtualService",
            metadata: { name: `${host}-vs` },
            spec: specOf(host, { v2: 0 }),
        } as never);
    /** What `kubectl patch` sends. @returns the answer, also when it is a refusal */
    const patch = (wanted: Wanted, host = "review", query = ""): Promise<Record<string, unknown>> =>
        cluster.request(
            "PATCH",
            `${routes}/${host}-vs${query}`,
            { metadata: { annotations: wanted.annotations ?? {} }, spec: specOf(host, wanted) } as never,
            { contentType: "application/merge-patch+json", accept: [422, 403] },
        );
    const isRefused = ({ kind }: Record<string, unknown>): boolean => kind === "Status";
    const passes = async (...args: Parameters<typeof patch>): Promise<void> => {
        const answer = await patch(...args);
        assert.ok(!isRefused(answer), JSON.stringify(answer));
    };
    const refused = async (why: RegExp, ...args: Parameters<typeof patch>): Promise<void> => {
        const answer = await patch(...args);
        assert.ok(isRefused(answer), "it was let through");
        assert.match(answer.message as string, why);
    };
    const tooMuch = /review: a version is raised by more than 25 points/;

    it("refuses the jump that a preview would refuse, and lets a step pass", async () => {
        await refused(tooMuch, { v2: 90 });
        await refused(tooMuch, { v2: 26 });
        await passes({ v2: 25 });
        await refused(tooMuch, { v2: 51 });
        await passes({ v2: 50 });
    });
    it("lets everybody back to stable at once", async () => {
        await passes({ v2: 0 });
    });
    it("refuses several versions that are together raised too far", async () => {
        await refused(/together raised by more than 25 points/, { v2: 20, v3: 20 });
        await passes({ v2: 10, v3: 15 });
        await passes({ v2: 0 });
    });
    it("refuses it in a dry run too, and by whatever version of the kind", async () => {
        await refused(tooMuch, { v2: 90 }, "review", "?dryRun=All");
        const old = await cluster.request(
            "PATCH",
            `${routes.replace("/v1/", "/v1beta1/")}/review-vs`,
            { spec: specOf("review", { v2: 90 }) } as never,
            { contentType: "application/merge-patch+json", accept: [422, 403] },
        );
        assert.match(old.message as string, tooMuch);
    });
    it("takes no other Service for stable that testers alone reach by its name", async () => {
        const to = { route: [{ destination: { host: "review-next", subset: "v1" } }] };
        const forTesters = { match: [{ headers: { "x-group": { exact: "test" } } }], ...to };
        const { http } = specOf("review", { v2: 0 }) as { http: object[] };
        const asked = (rules: object[]): Promise<Record<string, unknown>> =>
            cluster.request("PATCH", `${routes}/review-vs`, { spec: { http: rules } } as never, {
                contentType: "application/merge-patch+json",
                accept: [422, 403],
            });
        assert.ok(!isRefused(await asked([forTesters, ...http])));
        assert.match((await asked([forTesters, to])).message as string, tooMuch);
        await passes({ v2: 0 });
    });
    it("counts a rule for a path as open to everybody", async () => {
        const rule = { match: [{ uri: { prefix: "/" } }], route: [{ destination: { host: "review", subset: "v2" } }] };
        const spec = specOf("review", { v2: 0 }) as { http: object[] };
        const answer = await cluster.request(
            "PATCH",
            `${routes}/review-vs`,
            { spec: { ...spec, http: [rule, ...spec.http] } } as never,
            { contentType: "application/merge-patch+json", accept: [422, 403] },
        );
        assert.match(answer.message as string, tooMuch);
    });
    it("lets a declared switch pass only where a header led to the version before", async () => {
        const declared = { [blueGreenAnnotation]: "v2" };
        await refused(tooMuch, { v2: 100, header: true, annotations: declared });
        await passes({ v2: 0, annotations: declared });
        await refused(tooMuch, { v2: 100, header: true });
        await passes({ v2: 0, header: true, annotations: { [blueGreenAnnotation]: null } });
        // What a write brings along is not what it is measured by.
        await refused(tooMuch, { v2: 100, header: true, annotations: declared });
        await passes({ v2: 0, header: true, annotations: declared });
        await refused(tooMuch, { v2: 90, header: true });
        await passes({ v2: 100, header: true });
        await passes({ v2: 0, annotations: { [blueGreenAnnotation]: null } });
    });
    it("lets whoever says why break the glass, once, with a warning", async () => {
        const why = (text: string | null): Record<string, string | null> => ({ [breakGlassAnnotation]: text });
        await refused(tooMuch, { v2: 90, annotations: why("") });
        const file = path.join(stack.folder, "patch.json");
        const wanted = {
            metadata: { annotations: why("v1 is on fire (ann)") },
            spec: specOf("review", { v2: 90 }),
        };
        fs.writeFileSync(file, JSON.stringify(wanted));
        const { stderr } = await promisify(execFile)(toolPath("kubectl"), [
            ...["--kubeconfig", cluster.kubeconfig, "patch", "virtualservice", "review-vs", "-n", "default"],
            ...["--type", "merge", "--patch-file", file],
        ]);
        assert.match(
            stderr,
            /Warning: .*review: the glass is broken, no limit holds for this change: v1 is on fire \(ann\)/,
        );
        await passes({ v2: 0 });
        await refused(tooMuch, { v2: 90 });
        await passes({ v2: 0, annotations: why(null) });
    });
    describe("sees what a write does, however it is written", () => {
        const to = (subset: string, weight?: number, host = "review"): object => ({
            destination: { host, subset },
            ...(weight === undefined ? {} : { weight }),
        });
        const path = (prefix: string): object => ({ match: [{ uri: { prefix } }] });
        /** Replaces the spec as a whole, as `kubectl replace` does. */
        const write = async (spec: object, marks: Record<string, string> = {}): Promise<Record<string, unknown>> => {
            const now = await cluster.request("GET", `${routes}/review-vs`);
            return cluster.request(
                "PUT",
                `${routes}/review-vs`,
                { ...now, metadata: { ...(now.metadata as object), annotations: marks }, spec } as never,
                { accept: [422, 403] },
            );
        };
        const from = async (spec: object, marks: Record<string, string> = {}): Promise<void> => {
            const answer = await write(
                { hosts: ["review"], ...spec },
                { ...marks, [breakGlassAnnotation]: `test ${n++}` },
            );
            assert.ok(!isRefused(answer), JSON.stringify(answer));
        };
        const denies = async (why: RegExp, spec: object, marks: Record<string, string> = {}): Promise<void> => {
            const answer = await write({ hosts: ["review"], ...spec }, marks);
            assert.ok(isRefused(answer), `it was let through: ${JSON.stringify(spec)}`);
            assert.match(answer.message as string, why);
        };
        const allows = async (spec: object, marks: Record<string, string> = {}): Promise<void> => {
            const answer = await write({ hosts: ["review"], ...spec }, marks);
            assert.ok(!isRefused(answer), JSON.stringify(answer));
        };
        let n = 0;
        const v1 = { route: [to("v1", 100)] };
        const v2 = { route: [to("v2", 100)] };

        it("weights by their proportion, a single destination whatever its weight, one version listed twice", async () => {
            await from({ http: [v1] });
            await denies(tooMuch, { http: [{ route: [to("v1", 1), to("v2", 25)] }] });
            await denies(tooMuch, { http: [{ route: [to("v1", 0), to("v2", 1)] }] });
            await denies(tooMuch, { http: [{ route: [to("v2", 0)] }] });
            await denies(tooMuch, { http: [{ route: [to("v1", 60), to("v2", 20), to("v2", 20)] }] });
            await allows({ http: [{ route: [to("v1", 75), to("v2", 25)] }] });
        });
        it("http that becomes tcp or goes, and a rule that takes nobody's place", async () => {
            await from({ http: [v1] });
            await denies(/rules that users meet are removed/, { tcp: [v1] });
            await denies(tooMuch, { tcp: [v2] });
            await denies(/rules that users meet are removed/, {});
            await denies(/rules that users meet are removed/, { http: [{ ...path("/a"), ...v1 }] });
            await denies(tooMuch, { http: [v1], tcp: [v2] });
            await denies(/callers would lose its routes/, { http: [v1], gateways: ["edge"] });
            await denies(/callers would lose its routes/, { http: [v1], exportTo: ["."] });
        });
        it("a dead rule that is moved up, and a rule for some that becomes one for all", async () => {
            await from({ http: [v1, { ...path("/x"), ...v2 }] });
            await denies(tooMuch, { http: [{ ...path("/x"), ...v2 }, v1] });
            await from({ http: [{ ...path("/beta"), ...v2 }, v1] });
            await denies(tooMuch, { http: [{ ...path("/beta"), ...v2 }, v2] });
            await denies(tooMuch, { http: [v2] });
            await allows({ http: [{ ...path("/beta"), ...v2 }, { route: [to("v1", 80), to("v2", 20)] }] });
            await allows({ http: [v1] });
        });
        it("a subset of the same name on another Service, and conditions that everybody meets", async () => {
            await from({ http: [v1] });
            await denies(tooMuch, { http: [{ route: [to("v1", 100, "other")] }] });
            for (const match of [
                { headers: { "user-agent": { regex: ".*" } } },
                { sourceLabels: { app: "x", version: "v1" } },
            ])
                await denies(tooMuch, { http: [{ match: [match], ...v2 }, v1] });
            await allows({ http: [{ match: [{ headers: { "x-group": {} } }], ...v2 }, v1] });
            await denies(tooMuch, { http: [v2] });
        });
        it("faults and timeouts, and a way back where a rule redirects", async () => {
            const redirect = { ...path("/old"), redirect: { uri: "/new" } };
            await from({ http: [redirect, v2] });
            await allows({ http: [redirect, v1] });
            const fault = { abort: { percentage: { value: 100 }, httpStatus: 503 } };
            await denies(/answered by no version/, { http: [redirect, { ...v1, fault }] });
            await denies(/answered by no version/, { http: [redirect, { ...v1, timeout: "1ms" }] });
            await denies(/answered by no version/, { http: [{ redirect: { uri: "/new" } }] });
            await allows({ http: [redirect, v1] });
        });
        it("what was applied as the measure: the stable version, and the limits", async () => {
            await from({ http: [v1] }, { [stableAnnotation]: "v1", [annotations.maxRaise]: "10" });
            const marks = { [stableAnnotation]: "v1", [annotations.maxRaise]: "100" };
            await denies(/raised by more than 10 points/, { http: [{ route: [to("v1", 80), to("v2", 20)] }] }, marks);
            await denies(/another version is made the stable one/, { http: [v1] }, { [stableAnnotation]: "v2" });
            await allows({ http: [v1] }, { ...marks, [annotations.maxRaiseTogether]: "100" });
            await allows({ http: [v2] }, { ...marks, [annotations.maxRaiseTogether]: "100" });
            await denies(
                /stable is v1, which serves nobody/,
                { http: [{ route: [to("v2", 90), to("v3", 10)] }] },
                marks,
            );
            await allows({ http: [v2] }, { [stableAnnotation]: "v2" });
            await allows({ http: [{ route: [to("v2", 90), to("v3", 10)] }] }, { [stableAnnotation]: "v2" });
            await from({ http: [v1] });
        });
        it("every update of a delegate that it has no measure for", async () => {
            await cluster.request("POST", routes, {
                apiVersion: "networking.istio.io/v1",
                kind: "VirtualService",
                metadata: { name: "part" },
                spec: { http: [v1] },
            } as never);
            const answer = await cluster.request("PATCH", `${routes}/part`, { spec: { http: [v2] } } as never, {
                contentType: "application/merge-patch+json",
                accept: [422, 403],
            });
            assert.ok(!isRefused(answer), JSON.stringify(answer));
        });
    });
    it("leaves other services alone", async () => {
        await passes({ v2: 90 }, "unguarded");
    });
});

function program({ kubeconfig }: TestCluster): string {
    return `
import * as k8s from "@pulumi/kubernetes";
import { StepAdmission } from ${JSON.stringify(path.join(projectRoot(), "components/mesh/StepAdmission"))};
const provider = new k8s.Provider("cluster", { kubeconfig: ${JSON.stringify(kubeconfig)}, context: "test", enableServerSideApply: true });
new StepAdmission("shop", { namespace: "default", stable: { review: "v1", product: "v1" }, limits: { maxRaise: 25 } }, { providers: [provider] });
`;
}
