/**
 * What the policy pack adds to a preview of many services, in pairs of runs in turn, so that a machine whose speed drifts
 * changes both. Needs no mesh: an API server of its own is enough.
 *
 *     npx tsx bench/policies.ts [services] [pairs]
 */
import * as path from "node:path";
import { projectRoot } from "../cluster/paths";
import { startCluster } from "../test/support/apiserver";
import { istioDefinition, objectsProgram } from "../test/support/policyProgram";
import { serviceObjects } from "../test/support/policyObjects";
import { sandbox } from "../test/support/pulumi";

async function main(services: number, pairs: number): Promise<void> {
    const cluster = await startCluster(async (request) => {
        for (const kind of ["VirtualService", "DestinationRule"])
            await request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", istioDefinition(kind));
    });
    const objects = (v2: number) =>
        Array.from({ length: services }, (_, index) =>
            serviceObjects(`service-${index}`, { weights: { v1: 100 - v2, v2 } }),
        ).flat();
    const project = await sandbox(
        { "index.ts": objectsProgram, "objects.json": JSON.stringify(objects(0)) },
        // The state is written once, at the end: after each of 1400 resources it takes longer than the rest.
        { TEST_KUBECONFIG: cluster.kubeconfig, PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" },
    );
    try {
        await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: "shop" } });
        await project.succeed("up", "--yes", "--skip-preview");
        project.write({ "objects.json": JSON.stringify(objects(20)) });
        const config = path.join(projectRoot(), "bench", "policies.json");
        const guards = ["--policy-pack", path.join(projectRoot(), "policies"), "--policy-pack-config", config];
        const ratios: number[] = [];
        for (let pair = 0; pair < pairs; pair++) {
            const bare = await seconds(() => project.succeed("preview"));
            const guarded = await seconds(() => project.succeed("preview", ...guards));
            ratios.push(guarded / bare);
            console.log(`pair ${pair + 1}: without the pack ${bare.toFixed(2)} s, with it ${guarded.toFixed(2)} s`);
        }
        const median = ratios.toSorted((a, b) => a - b)[Math.floor(pairs / 2)] ?? Number.NaN;
        console.log(`median: the pack adds ${((median - 1) * 100).toFixed(0)} % to a preview of ${services} services`);
    } finally {
        project.remove();
        await cluster.stop();
    }
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    await run();
    return (performance.now() - began) / 1000;
}

void main(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 5));
