/**
 * What the policy pack adds to a preview of many services, in rounds of three runs, so that a machine whose speed drifts
 * changes all: without a pack, with one of Pulumi's SDK whose only policy does nothing, and with ours. What the second takes is
 * the engine's and the SDK's, two calls for each resource; what the third takes beyond it is ours. Needs no mesh: an API server
 * of its own is enough.
 *
 *     npx tsx bench/policies.ts [services] [rounds]
 */
import * as path from "node:path";
import { projectRoot } from "../cluster/paths";
import { startCluster } from "../test/support/apiserver";
import { istioDefinition, objectsProgram } from "../test/support/policyProgram";
import { serviceObjects } from "../test/support/policyObjects";
import { sandbox } from "../test/support/pulumi";
import { median } from "./results/statistics";
import { seconds } from "./timing";

async function main(services: number, rounds: number): Promise<void> {
    const cluster = await startCluster(async (request) => {
        for (const kind of ["VirtualService", "DestinationRule"])
            await request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", istioDefinition(kind));
    });
    const objects = (v2: number) =>
        Array.from({ length: services }, (_, index) =>
            serviceObjects(`service-${index}`, { weights: { v1: 100 - v2, v2 } }),
        ).flat();
    const project = await sandbox(
        { "index.ts": objectsProgram, "objects.json": JSON.stringify(objects(0)), ...idlePack },
        // The state is written once, at the end: after each of 1400 resources it takes longer than the rest.
        { TEST_KUBECONFIG: cluster.kubeconfig, PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" },
    );
    try {
        await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: "shop" } });
        await project.succeed("up", "--yes", "--skip-preview");
        project.write({ "objects.json": JSON.stringify(objects(20)) });
        const config = path.join(projectRoot(), "bench", "policies.json");
        const guards = ["--policy-pack", path.join(projectRoot(), "policies"), "--policy-pack-config", config];
        const found: Record<"bare" | "idle" | "ours", number>[] = [];
        for (let round = 1; round <= rounds; round++) {
            const bare = await seconds(() => project.succeed("preview"));
            const idle = await seconds(() => project.succeed("preview", "--policy-pack", "idle"));
            const ours = await seconds(() => project.succeed("preview", ...guards));
            found.push({ bare, idle, ours });
            console.log(
                `round ${round}: no pack ${bare.toFixed(1)} s, idle pack ${idle.toFixed(1)} s, ours ${ours.toFixed(1)} s`,
            );
        }
        const added = (one: "idle" | "ours", to: "bare" | "idle"): string =>
            `${((median(found.map((times) => times[one] / times[to])) - 1) * 100).toFixed(0)} %`;
        console.log(
            `median for ${services} services: an idle pack adds ${added("idle", "bare")} to a preview without one, ours ` +
                `${added("ours", "bare")}; ours adds ${added("ours", "idle")} to the idle one`,
        );
    } finally {
        project.remove();
        await cluster.stop();
    }
}

/** The least that a pack can be. */
const idlePack = {
    "idle/package.json": '{ "name": "idle", "version": "1.0.0", "main": "index.js" }',
    "idle/PulumiPolicy.yaml": "{ runtime: { name: nodejs, options: { typescript: false } } }",
    "idle/index.js": `const { PolicyPack } = require("@pulumi/policy");
        const nothing = { name: "nothing", description: "Looks at nothing.", validateResource: () => undefined };
        new PolicyPack("idle", { policies: [nothing] });`,
};

void main(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 5));
