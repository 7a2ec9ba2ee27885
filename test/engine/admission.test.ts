import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import { blueGreenAnnotation, breakGlassAnnotation } from "../../components/traffic/world/annotations";
import { routesFor } from "../../components/traffic/split/routes";
import { startCluster, until, type TestCluster } from "../support/apiserver";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";

const routes = "/apis/networking.istio.io/v1/namespaces/default/virtualservices";
const canaryHeader = { name: "X-group", exact: "test", to: "v2" };

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
        assert.match(String(answer.message), why);
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
        assert.match(String(old.message), tooMuch);
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
        assert.match(String(answer.message), tooMuch);
    });
    it("lets a declared switch pass only where a header led to the version before", async () => {
        const declared = { [blueGreenAnnotation]: "v2" };
        await refused(tooMuch, { v2: 100, header: true, annotations: declared });
        await passes({ v2: 0, header: true });
        await refused(tooMuch, { v2: 100, header: true });
        await refused(tooMuch, { v2: 90, header: true, annotations: declared });
        await passes({ v2: 100, header: true, annotations: declared });
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
