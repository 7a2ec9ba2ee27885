import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { clusterDir, contextOf } from "../../cluster/embedded/layout";
import { until } from "../../cluster/embedded/probes";
import { toolPath } from "../../cluster/tools/tools";
import { upshift } from "../support/cli";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { kubectl } from "../support/kubectl";
import { apply } from "../support/mesh";
import { Caller, type Got } from "../support/caller";
import { foreignService, foreignWorkload, meshWithWeb, namespace, noMesh, projectOn } from "../support/ownService";
import type { Sandbox } from "../support/pulumi";

const name = "adopt-test";
const istio = "networking.istio.io/v1";
const hashes = { stable: "5d8f4c7b9", canary: "7c66b5d4f" };

/** Users on two versions by routes that are not ours; only Argo's own controller, which does nothing in a pause, is not there. */
describe("routes that are adopted under load", function () {
    this.timeout(300_000);
    const projects: Sandbox[] = [];
    const callers: Caller[] = [];

    before("brings up a mesh", async function () {
        this.timeout(400_000);
        leaveOutWhereNoneRuns(this, name);
        await meshWithWeb(name);
        await apply(name, [rolloutKind, namespace("plain"), namespace("argo")]);
    });
    after(async () => {
        projects.forEach((one) => one.remove());
        await noMesh(name);
    });

    /** What is printed is done, in its order, while a caller asks over and over. @returns what was asked meanwhile */
    const adopt = async (what: string, where: string, shares: readonly number[]): Promise<Got> => {
        const caller = await Caller.start(name, where, "web");
        callers.push(caller);
        await until(async () => assert.equal((await caller.got(20)).failed, 0), 60_000);
        await caller.begin();
        assertShares(await caller.got(200), shares);
        const project = await projectOn(name, 'import "./web-split";\n', {});
        projects.push(project);
        const kubeconfig = clusterDir(name, "kubeconfig");
        const asked = ["adopt", what, "-n", where, "--kubeconfig", kubeconfig, "--context", contextOf(name)];
        const env: NodeJS.ProcessEnv = { ...process.env, ...project.environment, KUBECONFIG: kubeconfig };
        const told = await upshift([...asked, "--write", project.folder, "--json"], env);
        assert.equal(told.code, 0, told.stdout + told.stderr);
        const { commands } = JSON.parse(told.stdout) as { commands: string[] };
        const tools = { ...env, PATH: [path.dirname(toolPath("kubectl")), env.PATH].join(path.delimiter) };
        for (const command of commands) {
            const line = command
                .replace(/^(.*pulumi up.*)$/, "$1 --yes --skip-preview")
                .replace("stack select --create", "stack select");
            await promisify(execFile)("sh", ["-c", line], { env: tools, maxBuffer: 1 << 26 });
        }
        const meanwhile = await caller.got(1);
        assertShares(await caller.got(200), shares);
        await project.succeed("preview", "--expect-no-changes");
        return meanwhile;
    };

    it("stay what they are for everybody, and no request fails", async () => {
        await apply(name, [
            foreignService("web", "plain"),
            ...["v1", "v2"].map((version) =>
                foreignWorkload("Deployment", `web-${version}`, "plain", { app: "web", version }, version),
            ),
            ...routes("plain", { v1: { version: "v1" }, v2: { version: "v2" } }),
        ]);
        for (const version of ["v1", "v2"])
            await kubectl(name, ["rollout", "status", "-n", "plain", `deployment/web-${version}`, "--timeout=120s"]);
        const { failed, all } = await adopt("vs/web-routes", "plain", [70, 30]);
        assert.equal(failed, 0, `${failed} of ${all} requests failed`);
    });

    it("go on with the pods of an Argo Rollout, none of which is made or taken away, and no request fails", async () => {
        await apply(name, [foreignService("web", "argo"), rollout]);
        const uid = await kubectl(name, ["get", "rollout", "-n", "argo", "web", "-o", "jsonpath={.metadata.uid}"]);
        const labels = (hash: string): Record<string, string> => ({ app: "web", "rollouts-pod-template-hash": hash });
        await apply(name, [
            replicaSet(labels(hashes.stable), "v1", hashes.stable, uid),
            replicaSet(labels(hashes.canary), "v2", hashes.canary, uid),
            ...routes("argo", { stable: labels(hashes.stable), canary: labels(hashes.canary) }),
        ]);
        const pods = (): Promise<string> =>
            kubectl(name, ["get", "pods", "-n", "argo", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.uid}"]);
        await until(async () => assert.equal((await pods()).split(" ").length, 2), 60_000);
        await kubectl(name, ["wait", "-n", "argo", "--for=condition=Ready", "pod", "-l", "app=web", "--timeout=120s"]);
        const before = await pods();
        const { failed, all } = await adopt("rollout/web", "argo", [70, 30]);
        assert.equal(failed, 0, `${failed} of ${all} requests failed`);
        assert.equal(await pods(), before);
    });
});

function assertShares(got: Got, [v1 = 0, v2 = 0]: readonly number[]): void {
    assert.equal(got.failed, 0, JSON.stringify(got));
    for (const [version, percent] of [
        ["v1", v1],
        ["v2", v2],
    ] as const) {
        const share = (100 * (got.answers[version] ?? 0)) / got.all;
        const tolerance = 400 * Math.sqrt(((percent / 100) * (1 - percent / 100)) / got.all);
        assert.ok(Math.abs(share - percent) <= tolerance, `${version} has ${share} %: ${JSON.stringify(got)}`);
    }
}

/** Somebody's DestinationRule and VirtualService, 70 to 30. */
function routes(where: string, versions: Readonly<Record<string, Readonly<Record<string, string>>>>): object[] {
    const subsets = Object.entries(versions).map(([name, labels]) => ({ name, labels }));
    const route = subsets.map(({ name: subset }, index) => ({
        destination: { host: "web", subset },
        weight: [70, 30][index],
    }));
    return [
        {
            apiVersion: istio,
            kind: "DestinationRule",
            metadata: { name: "web-versions", namespace: where },
            spec: { host: "web", subsets },
        },
        {
            apiVersion: istio,
            kind: "VirtualService",
            metadata: { name: "web-routes", namespace: where },
            spec: { hosts: ["web"], http: [{ name: "primary", retries: { attempts: 0 }, route }] },
        },
    ];
}

const rolloutKind = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "rollouts.argoproj.io" },
    spec: {
        group: "argoproj.io",
        names: { kind: "Rollout", plural: "rollouts", singular: "rollout" },
        scope: "Namespaced",
        versions: [
            {
                name: "v1alpha1",
                served: true,
                storage: true,
                schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
            },
        ],
    },
};

const rollout = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata: { name: "web", namespace: "argo" },
    spec: {
        replicas: 1,
        strategy: {
            canary: {
                trafficRouting: { istio: { virtualService: { name: "web-routes", routes: ["primary"] } } },
                steps: [{ setWeight: 30 }, { pause: {} }],
            },
        },
    },
};

/** As Argo makes them: owned by the Rollout, with the hash in selector and labels. */
function replicaSet(labels: Record<string, string>, version: string, hash: string, uid: string): object {
    const made = foreignWorkload("Deployment", `web-${hash}`, "argo", labels, version) as { metadata: object };
    const owner = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web", uid, controller: true };
    return { ...made, kind: "ReplicaSet", metadata: { ...made.metadata, labels, ownerReferences: [owner] } };
}
