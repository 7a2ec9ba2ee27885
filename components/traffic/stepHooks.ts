import * as pulumi from "@pulumi/pulumi";
import type { MeshAccess } from "./meshAccess";
import { VirtualServiceInputs, weightsIn } from "./routes";
import { describeChange } from "./weights";

/**
 * What an update of a VirtualService does beside the write: the preview says in one line who moves; the write waits
 * until the callers' proxies know the versions (make before break); the update ends when they have the routes.
 * `dependsOn` orders only the API writes (istio #8420).
 *
 * @param name the service; hooks' names must be unique in a run.
 */
export function stepHooks(name: string, mesh: MeshAccess): pulumi.ResourceHookBinding {
    const announce = new pulumi.ResourceHook(`${name}-announce`, (args) => announceStep(name, args), {
        onDryRun: true,
    });
    const known = new pulumi.ResourceHook(`${name}-subsets-known`, async (args) => {
        const { waitForDestinations } = await import("../mesh/convergence");
        await waitForDestinations(mesh, virtualService(args.newInputs));
    });
    const taken = new pulumi.ResourceHook(`${name}-routes-taken`, async (args) => {
        const { waitForRoutes } = await import("../mesh/convergence");
        await waitForRoutes(mesh, virtualService(args.newInputs));
    });
    return { beforeCreate: [known], afterCreate: [taken], beforeUpdate: [announce, known], afterUpdate: [taken] };
}

/** A hook's inputs are untyped; they come from `routesFor` by way of the engine. */
function virtualService(inputs: unknown): VirtualServiceInputs {
    return inputs as VirtualServiceInputs;
}

async function announceStep(name: string, args: pulumi.ResourceHookArgs): Promise<void> {
    if (!pulumi.runtime.isDryRun()) return;
    const change = describeChange(
        weightsIn(virtualService(args.oldInputs).spec),
        weightsIn(virtualService(args.newInputs).spec),
    );
    if (change) await pulumi.log.info(`~ ${name}: ${change}`);
}
