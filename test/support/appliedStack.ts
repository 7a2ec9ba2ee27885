import * as fs from "node:fs";
import * as path from "node:path";
import { type AppliedCluster, appliedClusterType } from "../../cluster/appliedCluster";
import { projectRoot } from "../../cluster/paths";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { pulumi } from "../../rollout/pulumi";
import { importState, selectStack } from "../../rollout/stack";
import { chainObjects } from "./chain";

/** An object of Istio's in the shop's namespace. */
interface Made {
    readonly kind: string;
    readonly metadata: object & { readonly name: string };
    readonly spec: unknown;
}

/** Makes a stack of this project whose state says that review is split, without any cluster. */
export function stackWithReview(name: string, weights: Record<string, number>): Promise<void> {
    const versions = ["v1", "v2"];
    const metadata = (object: string) => ({ name: object, namespace: "hands-on" });
    return stackWith(name, [
        { kind: "DestinationRule", metadata: metadata("review-dr"), spec: subsetsFor({ host: "review", versions }) },
        {
            kind: "VirtualService",
            metadata: metadata("review-vs"),
            spec: routesFor({ host: "review", versions, weights }),
        },
    ]);
}

/** The same of the shop's chain, whose edge has all users on v1. */
export function stackWithChain(name: string): Promise<void> {
    const objects = chainObjects({ chain: 0 }).filter(({ group }) => group === "networking.istio.io");
    return stackWith(
        name,
        objects.map(({ kind, body }) => ({ ...body, kind }) as unknown as Made),
    );
}

async function stackWith(name: string, objects: readonly Made[]): Promise<void> {
    await selectStack(name);
    const urn = (type: string, resource: string): string => `urn:pulumi:${name}::upshift::${type}::${resource}`;
    const made = ({ kind, metadata, spec }: Made): object => {
        const type = `kubernetes:networking.istio.io/v1:${kind}`;
        const [inputs, object] = [{ metadata, spec }, metadata.name];
        return { urn: urn(type, object), custom: true, id: `hands-on/${object}`, type, inputs, outputs: inputs };
    };
    const state = JSON.parse(await pulumi(["stack", "export", "--stack", name])) as {
        deployment: { resources?: unknown[] };
    };
    state.deployment.resources = [
        { urn: urn("pulumi:pulumi:Stack", `upshift-${name}`), custom: false, type: "pulumi:pulumi:Stack" },
        ...objects.map(made),
    ];
    const folder = fs.mkdtempSync(path.join(projectRoot(), ".upshift", "state-"));
    const file = path.join(folder, "state.json");
    fs.writeFileSync(file, JSON.stringify(state));
    await pulumi(["stack", "import", "--stack", name, "--file", file]);
    fs.rmSync(folder, { recursive: true });
}

/** Adds to a stack's state where it is applied, as the program writes it. */
export async function appliedOn(
    name: string,
    kubeconfig: string,
    context: string,
    cluster: AppliedCluster,
): Promise<void> {
    const state = JSON.parse(await pulumi(["stack", "export", "--stack", name])) as {
        deployment: { resources: { type: string }[] };
    };
    const urn = (type: string): string => `urn:pulumi:${name}::upshift::${type}::cluster`;
    const fields = { kubeconfig, context };
    const type = "pulumi:providers:kubernetes";
    const added = [
        { urn: urn(appliedClusterType), custom: false, type: appliedClusterType, inputs: cluster, outputs: cluster },
        { urn: urn(type), custom: true, id: "a-provider", type, inputs: fields, outputs: fields },
    ];
    const { deployment } = state;
    const isMade = (one: { type: string }): boolean => one.type.startsWith("kubernetes:");
    const [others, made] = [deployment.resources.filter((one) => !isMade(one)), deployment.resources.filter(isMade)];
    // As in any state: a resource names the provider that has made it, and comes after it.
    const byProvider = made.map((one) => ({ ...one, provider: `${urn(type)}::a-provider` }));
    await importState(name, {
        ...state,
        deployment: { ...deployment, resources: [...others, ...added, ...byProvider] },
    });
}

/** Removes it, with its config. */
export async function removeStack(name: string): Promise<void> {
    await pulumi(["stack", "rm", "--yes", "--force", "--stack", name]);
    fs.rmSync(path.join(projectRoot(), `Pulumi.${name}.yaml`), { force: true });
}
