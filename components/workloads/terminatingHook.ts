import * as pulumi from "@pulumi/pulumi";
import type { MeshAccess } from "../split/meshAccess";

/**
 * Lets a Deployment's change be over only when its old pods have gone: while they drain they still get requests, and still
 * call others.
 *
 * @param name the Deployment; hooks' names must be unique in a run.
 * @param mesh where it is not given, nothing waits.
 */
export function terminatingHook(name: string, mesh: MeshAccess | undefined): pulumi.ResourceHookBinding | undefined {
    if (!mesh) return undefined;
    const gone = new pulumi.ResourceHook(`${name}-gone`, async ({ newInputs }) => {
        const { waitForTerminating } = await import("../mesh/terminatingPods");
        const { metadata, spec } = newInputs as ChangedDeployment;
        await waitForTerminating(mesh, metadata.namespace, spec.selector.matchLabels);
    });
    return { afterUpdate: [gone] };
}

interface ChangedDeployment {
    metadata: { namespace: string };
    spec: { selector: { matchLabels: Record<string, string> } };
}
