import * as pulumi from "@pulumi/pulumi";
import { isUnknown } from "@pulumi/pulumi/output";
import type { ClusterAccess } from "../mesh/client";
import { once } from "../traffic/world/once";
import { plain } from "./plainInputs";
import type { AppliedResource } from "./views";

/** How the API server is reached, and how long the mesh is waited for. */
export interface MeshAccess extends ClusterAccess {
    /** Seconds to wait for the proxies before the `up` fails. Default 60. */
    readonly timeoutSeconds?: number;
}

/** Seconds that an `up` waits for the mesh where nothing else is asked for. */
export const defaultWaitSeconds = 60;

/**
 * How a component's cluster is reached: as its Kubernetes provider reaches it, explicit or default. So nobody says it twice, and no
 * path of a machine stands in a component's inputs.
 *
 * @param applied the stack's last checkpoint: a provider that another process has made is only a name here, and what it was made with
 * stands there.
 * @returns undefined where that is not known: the cluster is yet to be made, or the provider only renders YAML.
 */
export function accessOf(
    component: pulumi.Resource,
    applied: () => Promise<readonly AppliedResource[]>,
): Promise<ClusterAccess | undefined> {
    const provider = component.getProvider("kubernetes:core/v1:Service");
    if (!provider) return accessIn(defaultProvider());
    return accessIn("kubeconfig" in provider ? provider : inState(provider, applied()));
}

/** The default provider takes its inputs from the stack's config. */
function defaultProvider(): object {
    const config = new pulumi.Config("kubernetes");
    return Object.fromEntries(fields.map((field) => [field, config.get(field)]));
}

const fields = ["kubeconfig", "context", "cluster", "renderYamlToDirectory"] as const;

async function accessIn(inputs: object | Promise<object | undefined>): Promise<ClusterAccess | undefined> {
    const given = (await inputs) as Readonly<Record<string, unknown>> | undefined;
    if (!given) return undefined;
    const read = await Promise.all(fields.map((field) => valueOf(given[field])));
    if (read.some(isUnknown)) return undefined;
    const [kubeconfig, context, cluster, folder] = read.map((value) => (value === "" ? undefined : value));
    if (folder !== undefined) return undefined;
    return { kubeconfig, context, cluster } as ClusterAccess;
}

/** An input that a provider does not have counts as not known in a preview too, and has no value; one that is not known has a sign for that. */
function valueOf(input: unknown): unknown {
    if (!pulumi.Output.isInstance(input)) return input;
    return (input as unknown as { promise(withUnknowns: boolean): Promise<unknown> }).promise(true);
}

/** @returns undefined at the first deployment, when the state does not have it yet. */
async function inState(
    provider: pulumi.ProviderResource,
    applied: Promise<readonly AppliedResource[]>,
): Promise<object | undefined> {
    const [urn, resources] = await Promise.all([plain(provider.urn), applied]);
    return byUrn(resources).get(typeof urn === "string" ? urn : "")?.outputs as object | undefined;
}

const byUrn = once((resources: readonly AppliedResource[]) => new Map(resources.map((one) => [one.urn, one])));
