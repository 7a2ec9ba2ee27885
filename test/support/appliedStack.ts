import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { routesFor } from "../../components/traffic/split/routes";
import { pulumi } from "../../rollout/pulumi";
import { selectStack } from "../../rollout/stack";

/** Makes a stack of this project whose state says that review is split, without any cluster. */
export async function stackWithReview(name: string, weights: Record<string, number>): Promise<void> {
    await selectStack(name);
    const urn = (type: string, resource: string): string => `urn:pulumi:${name}::upshift::${type}::${resource}`;
    const type = "kubernetes:networking.istio.io/v1:VirtualService";
    const route = {
        metadata: { name: "review-vs", namespace: "hands-on" },
        spec: routesFor({ host: "review", versions: ["v1", "v2"], weights }),
    };
    const state = JSON.parse(await pulumi(["stack", "export", "--stack", name])) as {
        deployment: { resources?: unknown[] };
    };
    state.deployment.resources = [
        { urn: urn("pulumi:pulumi:Stack", `upshift-${name}`), custom: false, type: "pulumi:pulumi:Stack" },
        { urn: urn(type, "review-vs"), custom: true, id: "hands-on/review-vs", type, inputs: route, outputs: route },
    ];
    const folder = fs.mkdtempSync(path.join(projectRoot(), ".upshift", "state-"));
    const file = path.join(folder, "state.json");
    fs.writeFileSync(file, JSON.stringify(state));
    await pulumi(["stack", "import", "--stack", name, "--file", file]);
    fs.rmSync(folder, { recursive: true });
}

/** Removes it, with its config. */
export async function removeStack(name: string): Promise<void> {
    await pulumi(["stack", "rm", "--yes", "--force", "--stack", name]);
    fs.rmSync(path.join(projectRoot(), `Pulumi.${name}.yaml`), { force: true });
}
