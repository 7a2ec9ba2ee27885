import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Plan } from "../../rollout/plan/model";
import { startCluster, type TestCluster } from "../support/apiserver";
import { upshift } from "../support/cli";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";

/** What the program below is told. */
interface Told {
    readonly v2: number;
    readonly image?: string;
    /** What its hook finds, and refuses. */
    readonly finding?: object;
    readonly fault?: number;
    readonly isGone?: boolean;
}

/** A program of a user's own, of Kubernetes' objects alone: only the marks on its routes say what its release is. */
describe("upshift plan of a project that has none of our components", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let stack: Sandbox;

    const tell = (told: Told): void => stack.write({ "told.json": JSON.stringify(told) });
    const plan = async (...args: string[]): Promise<{ code: number | null; plan: Plan; stderr: string }> => {
        const all = ["plan", "--cwd", stack.folder, "--json", ...args];
        const { code, stdout, stderr } = await upshift(all, { ...process.env, ...stack.environment });
        return { code, plan: JSON.parse(stdout) as Plan, stderr };
    };

    before(async () => {
        cluster = await startCluster(defineMeshKinds);
        stack = await sandbox({ "index.ts": source(cluster), "told.json": '{ "v2": 20 }' });
        await stack.succeed("up", "--yes", "--skip-preview");
    });
    after(async () => {
        stack?.remove();
        await cluster?.stop();
    });

    it("names the service by its mark, and counts its steps by the limit that was applied", async () => {
        tell({ v2: 40 });
        const { code, plan: step } = await plan();
        assert.equal(code, 0, JSON.stringify(step));
        const [store, ...others] = step.services;
        assert.deepEqual(others, []);
        assert.deepEqual([store?.service, store?.step.words], ["store", "step 2 of 5 to v2"]);
        assert.deepEqual(store?.proposed?.weights, { v1: 60, v2: 40 });
        assert.match(store?.rollback ?? "", /weights\.store\.v1=100 --plaintext weights\.store\.v2=0/);
    });
    it("refuses what moves too many, whatever moves them", async () => {
        for (const [told, code] of [
            [{ v2: 90 }, "raise"],
            [{ v2: 20, fault: 503 }, "fails"],
            [{ v2: 20, image: "demo:other" }, "new-code"],
            [{ v2: 20, isGone: true }, "removal"],
        ] as const) {
            tell(told);
            const { code: exit, plan: refused } = await plan();
            assert.equal(exit, 1, JSON.stringify(refused));
            assert.ok(
                refused.findings.some((finding) => finding.code === code),
                `${code} is not among ${JSON.stringify(refused.findings)}`,
            );
            assert.ok(refused.services.length > 0, `who moves by ${JSON.stringify(told)} is not told`);
        }
    });
    it("takes what a hook has found from its file, and that file goes", async () => {
        const finding = { code: "unreadable", service: "store", detail: "the cluster can't be asked" };
        tell({ v2: 30, finding });
        const { code, plan: refused } = await plan();
        assert.equal(code, 1, JSON.stringify(refused));
        assert.deepEqual([refused.result, refused.errors], ["refused", []]);
        assert.deepEqual(
            refused.findings.map((found) => [found.code, found.service]),
            [["unreadable", "store"]],
        );
        const file = fs.readFileSync(path.join(stack.folder, "findings-file"), "utf8");
        assert.ok(file !== "" && !fs.existsSync(path.dirname(file)), `${file} is still there`);
    });
    it("compares with what was approved only what has the form of a plan", async () => {
        tell({ v2: 40 });
        const approved = path.join(stack.folder, "approved.json");
        await plan("--json-file", approved);
        assert.equal((await plan("--approved", approved)).code, 0);
        tell({ v2: 45 });
        const moved = await plan("--approved", approved);
        assert.equal(moved.code, 1, moved.stderr);
        assert.match(moved.stderr, /services\[store\]\.proposed\.weights\.v2: 40 → 45/);
        fs.writeFileSync(approved, "{}");
        const { code, stderr } = await upshift(["plan", "--cwd", stack.folder, "--approved", approved], {
            ...process.env,
            ...stack.environment,
        });
        assert.equal(code, 2);
        assert.match(stderr, /is no plan of this version: schema: [^]*fix: npx upshift plan --json-file/);
    });
});

function source({ kubeconfig }: TestCluster): string {
    return `
import * as fs from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const { v2, image = "demo:v1", finding, fault, isGone } = JSON.parse(fs.readFileSync("told.json", "utf8"));
const provider = new k8s.Provider("cluster", {
    kubeconfig: ${JSON.stringify(kubeconfig)},
    context: "test",
    enableServerSideApply: true,
});
const opts = { provider };
const annotations = { "pulumi.com/skipAwait": "true" };
// As our own hooks do it: what was found is a line of the run's file, and the error is for people.
const refuse = new pulumi.ResourceHook(
    "refuse",
    () => {
        const file = process.env.UPSHIFT_FINDINGS ?? "";
        fs.writeFileSync("findings-file", file);
        fs.appendFileSync(file, JSON.stringify({ findings: [finding] }) + "\\n");
        throw new Error(finding.service + ": " + finding.detail);
    },
    { onDryRun: true },
);
if (!isGone) {
    new k8s.core.v1.Service(
        "review",
        {
            metadata: { name: "review", namespace: "default", annotations },
            spec: { selector: { app: "review" }, ports: [{ name: "http", port: 80 }] },
        },
        opts,
    );
    for (const [version, code] of [["v1", image], ["v2", "demo:v2"]]) {
        const labels = { app: "review", version };
        const containers = [{ name: "review", image: code }];
        new k8s.apps.v1.Deployment(
            "review-" + version,
            {
                metadata: { name: "review-" + version, namespace: "default", annotations },
                spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
            },
            opts,
        );
    }
    const istio = (kind: string, name: string, marks: Record<string, string>, spec: object, hooks = {}) =>
        new k8s.apiextensions.CustomResource(
            name,
            { apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace: "default", annotations: marks }, spec },
            { ...opts, hooks },
        );
    istio("DestinationRule", "review-subsets", {}, {
        host: "review",
        subsets: ["v1", "v2"].map((version) => ({ name: version, labels: { version } })),
    });
    istio(
        "VirtualService",
        "review-routes",
        { "upshift.dev/service": "store", "upshift.dev/stable": "v1", "upshift.dev/max-raise": "25" },
        {
            hosts: ["review"],
            http: [
                {
                    route: [
                        { destination: { host: "review", subset: "v1" }, weight: 100 - v2 },
                        { destination: { host: "review", subset: "v2" }, weight: v2 },
                    ],
                    ...(fault && { fault: { abort: { httpStatus: fault, percentage: { value: 100 } } } }),
                },
            ],
        },
        finding ? { beforeUpdate: [refuse] } : {},
    );
}
`;
}
