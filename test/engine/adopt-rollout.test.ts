import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import type { Body } from "../../components/traffic/world/values";
import { startCluster, type TestCluster, until } from "../support/apiserver";
import { upshift } from "../support/cli";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";
import { defineKind } from "../support/theirKinds";

const sh = promisify(execFile);
const hashes = { stable: "5d8f4c7b9", canary: "7c66b5d4f" };
const labels = (hash: string): Body => ({ app: "cart", "rollouts-pod-template-hash": hash });

interface Pod {
    metadata: { name: string; uid: string; deletionTimestamp?: string };
}
interface Owned {
    metadata: { name: string; ownerReferences?: { kind: string; name: string }[] };
    status: { replicas: number };
}

/** The controllers of Kubernetes are real; only Argo's own, which does nothing while a Rollout pauses, and the nodes are not there. */
describe("upshift adopt rollout/NAME, by Pulumi's engine and Kubernetes' controllers", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let project: Sandbox;
    let commands: readonly string[];
    let there: readonly string[];

    const list = async <Item>(path: string): Promise<Item[]> =>
        ((await cluster.request("GET", path)) as unknown as { items: Item[] }).items;
    const pods = async (): Promise<string[]> =>
        (await list<Pod>("/api/v1/namespaces/shop/pods"))
            .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
            .map(({ metadata }) => metadata.uid)
            .sort();
    const replicaSets = (): Promise<Owned[]> => list<Owned>("/apis/apps/v1/namespaces/shop/replicasets");
    /** A command as it was printed, with the answers that somebody would give. */
    const typed = async (command: string): Promise<string> => {
        const { environment, folder } = project;
        const tools = [path.dirname(toolPath("kubectl")), environment.PATH].join(path.delimiter);
        const line = command.replace(/^(.*pulumi up.*)$/, "$1 --yes --skip-preview");
        const env = { ...process.env, ...environment, PATH: tools };
        return (await sh("sh", ["-c", line], { cwd: folder, env, maxBuffer: 1 << 26 })).stdout;
    };

    before("a Rollout pauses at 20 %", async () => {
        cluster = await startCluster(async (request) => {
            await defineMeshKinds(request);
            await defineKind(request, {
                group: "argoproj.io",
                version: "v1alpha1",
                kind: "Rollout",
                plural: "rollouts",
            });
        });
        await make(cluster);
        await until("all four pods are there", 60_000, async () => (await pods()).length === 4);
        await ready(cluster);
        there = await pods();
        project = await sandbox({ "index.ts": 'import "./cart-split";\n' }, { KUBECONFIG: cluster.kubeconfig });
        const all = ["adopt", "rollout/cart", "-n", "shop", "--context", "test", "--write", project.folder, "--json"];
        const { code, stdout, stderr } = await upshift(all, { ...process.env, ...project.environment });
        assert.equal(code, 0, stdout + stderr);
        const { commands: given } = JSON.parse(stdout) as { commands: string[] };
        // The test's folder is not the command's.
        commands = given.map((one) => one.replace(/\S*(adopt-cart\S*)/, "$1").replace(/ --cwd \S+/, ""));
        const program = path.join(project.folder, "cart-split.ts");
        const component = JSON.stringify(path.join(projectRoot(), "components"));
        fs.writeFileSync(program, fs.readFileSync(program, "utf8").replace('"upshift"', component));
    });
    after(async () => {
        project?.remove();
        await cluster?.stop();
    });

    const upTo = (pattern: RegExp): string[] => {
        const at = commands.findIndex((one) => pattern.test(one));
        assert.ok(at >= 0, commands.join("\n"));
        return commands.slice(0, at + 1).filter((one) => !one.startsWith("#"));
    };

    it("hands every pod over to a Deployment, and none is made or taken away", async () => {
        const first = upTo(/apply -f/);
        for (const command of first) await typed(command);
        await until("the Deployments own the ReplicaSets", 60_000, async () =>
            (await replicaSets()).every(({ metadata }) => metadata.ownerReferences?.[0]?.kind === "Deployment"),
        );
        for (const command of upTo(/rollout status deployment\/cart-canary/).slice(first.length)) await typed(command);
        assert.deepEqual(await pods(), there);
        assert.deepEqual(
            (await replicaSets())
                .map(({ metadata, status }) => [metadata.name, metadata.ownerReferences?.[0]?.name, status.replicas])
                .sort(),
            [
                [`cart-${hashes.stable}`, "cart-stable", 2],
                [`cart-${hashes.canary}`, "cart-canary", 2],
            ],
        );
        const rollout = await cluster.request(
            "GET",
            "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/cart",
            undefined,
            { accept: [404] },
        );
        assert.equal(rollout.kind, "Status");
    });
    it("gives the stack the routes without moving anybody, and nothing changes after that", async () => {
        const done = upTo(/rollout status deployment\/cart-canary/).length;
        const said = [];
        for (const command of upTo(/pulumi up/).slice(done))
            said.push(await typed(command.replace("stack select --create", "stack select")));
        assert.doesNotMatch(said.join("\n"), /~ cart: /);
        await project.succeed("preview", "--expect-no-changes");
        assert.deepEqual(await pods(), there);
    });
    it("goes on with a step of its own", async () => {
        await project.succeed(
            "config",
            "set-all",
            "--path",
            "--plaintext",
            "weights.cart.stable=70",
            "--plaintext",
            "weights.cart.canary=30",
        );
        assert.match(await project.succeed("up", "--yes", "--skip-preview"), /updated/);
        const { spec } = (await cluster.request(
            "GET",
            "/apis/networking.istio.io/v1/namespaces/shop/virtualservices/cart-routes",
        )) as unknown as {
            spec: { http: { route: { weight: number }[] }[] };
        };
        assert.deepEqual(
            spec.http.at(-1)?.route.map(({ weight }) => weight),
            [70, 30],
        );
    });
});

/** What Argo leaves in a cluster when a Rollout pauses. */
async function make({ request }: TestCluster): Promise<void> {
    const create = (path: string, object: object): Promise<unknown> => request("POST", path, object as never);
    const metadata = (name: string, more: object = {}): object => ({ name, namespace: "shop", ...more });
    await create("/api/v1/namespaces", { metadata: { name: "shop" } });
    await until("pods may be made in it", 30_000, () =>
        request("GET", "/api/v1/namespaces/shop/serviceaccounts/default").then(() => true),
    );
    await create("/api/v1/namespaces/shop/services", {
        metadata: metadata("cart"),
        spec: { selector: { app: "cart" }, ports: [{ name: "http", port: 80 }] },
    });
    const istio = {
        virtualService: { name: "cart-routes", routes: ["primary"] },
        destinationRule: { name: "cart-versions", canarySubsetName: "canary", stableSubsetName: "stable" },
    };
    const rollout = (await create("/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts", {
        apiVersion: "argoproj.io/v1alpha1",
        kind: "Rollout",
        metadata: metadata("cart"),
        spec: {
            replicas: 2,
            strategy: { canary: { trafficRouting: { istio }, steps: [{ setWeight: 20 }, { pause: {} }] } },
        },
    })) as { metadata: { uid: string } };
    const owner = {
        apiVersion: "argoproj.io/v1alpha1",
        kind: "Rollout",
        name: "cart",
        uid: rollout.metadata.uid,
        controller: true,
    };
    for (const hash of Object.values(hashes))
        await create("/apis/apps/v1/namespaces/shop/replicasets", {
            metadata: metadata(`cart-${hash}`, { labels: labels(hash), ownerReferences: [owner] }),
            spec: {
                replicas: 2,
                selector: { matchLabels: labels(hash) },
                template: {
                    metadata: { labels: labels(hash) },
                    spec: { containers: [{ name: "cart", image: `cart:${hash}` }] },
                },
            },
        });
    const route = [
        { destination: { host: "cart", subset: "stable" }, weight: 80 },
        { destination: { host: "cart", subset: "canary" }, weight: 20 },
    ];
    const mesh = "/apis/networking.istio.io/v1/namespaces/shop";
    const apiVersion = "networking.istio.io/v1";
    await create(`${mesh}/virtualservices?fieldManager=rollouts-controller`, {
        apiVersion,
        kind: "VirtualService",
        metadata: metadata("cart-routes"),
        spec: { hosts: ["cart"], http: [{ name: "primary", route }] },
    });
    await create(`${mesh}/destinationrules?fieldManager=rollouts-controller`, {
        apiVersion,
        kind: "DestinationRule",
        metadata: metadata("cart-versions"),
        spec: { host: "cart", subsets: Object.entries(hashes).map(([name, hash]) => ({ name, labels: labels(hash) })) },
    });
}

/** What the kubelet would say of every pod. */
async function ready({ request }: TestCluster): Promise<void> {
    const { items } = (await request("GET", "/api/v1/namespaces/shop/pods")) as unknown as { items: Pod[] };
    const since = new Date(Date.now() - 60_000).toISOString();
    const status = { phase: "Running", conditions: [{ type: "Ready", status: "True", lastTransitionTime: since }] };
    for (const { metadata } of items)
        await request(
            "PATCH",
            `/api/v1/namespaces/shop/pods/${metadata.name}/status`,
            { status },
            {
                contentType: "application/merge-patch+json",
            },
        );
    await until("the ReplicaSets count them", 30_000, async () => {
        const { items: sets } = (await request("GET", "/apis/apps/v1/namespaces/shop/replicasets")) as unknown as {
            items: { status: { readyReplicas?: number } }[];
        };
        return sets.every(({ status: { readyReplicas } }) => readyReplicas === 2);
    });
}
