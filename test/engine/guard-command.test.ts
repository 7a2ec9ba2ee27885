import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { routesFor } from "../../components/traffic/routes";
import { pulumi } from "../../rollout/pulumi";
import { selectStack, setConfig } from "../../rollout/stack";

const name = "guard-test";

/** A stack whose state says what is applied, and no cluster: what the command reads is Pulumi's backend and the config. */
describe("upshift guard", function () {
    this.timeout(600_000);

    before(async () => {
        await selectStack(name);
        await setConfig(name, { target: "embedded", cluster: "guard-nowhere", "limits.maxRaise": 25 });
        const state = JSON.parse(await pulumi(["stack", "export", "--stack", name])) as {
            deployment: { resources?: unknown[] };
        };
        const file = path.join(fs.mkdtempSync(path.join(projectRoot(), ".upshift", "guard-")), "state.json");
        state.deployment.resources = [stackResource, routeResource];
        fs.writeFileSync(file, JSON.stringify(state));
        await pulumi(["stack", "import", "--stack", name, "--file", file]);
        fs.rmSync(path.dirname(file), { recursive: true });
    });
    after(async () => {
        await pulumi(["stack", "rm", "--yes", "--force", "--stack", name]);
        fs.rmSync(path.join(projectRoot(), `Pulumi.${name}.yaml`), { force: true });
    });

    const guard = (...args: string[]) => {
        const program = path.join(projectRoot(), "bin", "upshift.mjs");
        const { status, stdout, stderr } = spawnSync(process.execPath, [program, "guard", ...args], {
            encoding: "utf8",
        });
        return { status, stdout, stderr };
    };
    const propose = (v2: number) => setConfig(name, { "weights.review.v1": 100 - v2, "weights.review.v2": v2 });

    it("ends with 0 when the step may go ahead, and tells who moves", async () => {
        await propose(40);
        const { status, stdout } = guard("--stack", name);
        assert.equal(status, 0, stdout);
        assert.match(stdout, /~ review: v1 80 → 60, v2 20 → 40\nThe step may go ahead/);
        assert.match(stdout, /the state alone is judged/);
    });
    it("ends with 1 and every finding when it may not", async () => {
        await propose(90);
        const { status, stdout } = guard("--stack", name, "--json");
        assert.equal(status, 1);
        const { findings, judged } = JSON.parse(stdout) as { findings: { message: string }[]; judged: boolean };
        assert.equal(judged, true);
        assert.deepEqual(
            findings.map(({ message }) => message),
            [
                "review: v2 20 → 90 is a raise of 70 points; at most 25 a step: try 45, or declare a blue/green switch after a header test",
            ],
        );
    });
    it("ends with 2 when the config has problems, and lets nothing through", async () => {
        await setConfig(name, { "weights.review.v2": 95 });
        const { status, stderr } = guard("--stack", name);
        assert.equal(status, 2);
        assert.match(stderr, /can't be judged, and so must not be made: 1 problem/);
    });
    it("ends with 2 when the state can't be read", () => {
        const { status, stdout } = guard("--stack", "not-there", "--json");
        assert.equal(status, 2);
        assert.equal((JSON.parse(stdout) as { judged: boolean }).judged, false);
    });
});

const urn = (type: string, resource: string): string => `urn:pulumi:${name}::upshift::${type}::${resource}`;
const stackResource = {
    urn: urn("pulumi:pulumi:Stack", `upshift-${name}`),
    custom: false,
    type: "pulumi:pulumi:Stack",
};
const routeType = "kubernetes:networking.istio.io/v1:VirtualService";
const route = {
    metadata: { name: "review-vs", namespace: "hands-on" },
    spec: routesFor({ host: "review", versions: ["v1", "v2"], weights: { v1: 80, v2: 20 } }),
};
const routeResource = {
    urn: urn(routeType, "review-vs"),
    custom: true,
    id: "hands-on/review-vs",
    type: routeType,
    inputs: route,
    outputs: route,
};
