import * as pulumi from "@pulumi/pulumi";
import { trafficIn } from "../traffic/judge/applied";
import type { MeshAccess } from "./meshAccess";
import { VirtualServiceInputs } from "../traffic/split/routes";
import { describeChange } from "../traffic/split/weights";

/**
 * What a write of a VirtualService does beside it: the preview says in one line who moves; an unsafe step is refused; the write
 * waits until the callers' proxies know the versions (make before break); the update ends when they have the routes.
 * `dependsOn` orders only the API writes (istio #8420).
 *
 * @param name the service; hooks' names must be unique in a run.
 * @param mesh where it is not given, nothing waits.
 * @param guard refuses an unsafe step.
 */
export function stepHooks(
    name: string,
    mesh?: MeshAccess,
    guard?: pulumi.ResourceHook,
): pulumi.ResourceHookBinding | undefined {
    const guards = guard ? [guard] : [];
    if (!mesh) return guard && { beforeCreate: guards, beforeUpdate: guards };
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
    return {
        beforeCreate: [...guards, known],
        afterCreate: [taken],
        beforeUpdate: [announce, ...guards, known],
        afterUpdate: [taken],
    };
}

/** A hook's inputs are untyped; they come from `routesFor` by way of the engine. */
function virtualService(inputs: unknown): VirtualServiceInputs {
    return inputs as VirtualServiceInputs;
}

async function announceStep(name: string, args: pulumi.ResourceHookArgs): Promise<void> {
    if (!pulumi.runtime.isDryRun()) return;
    const [from, to] = [args.oldInputs, args.newInputs].map((inputs) => trafficIn(virtualService(inputs).spec).traffic);
    const change = from && to && describeChange(from.weights, to.weights);
    if (change) await pulumi.log.info(`~ ${name}: ${change}`);
}
