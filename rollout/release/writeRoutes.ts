import { setTimeout as after } from "node:timers/promises";
import { liveRoutes } from "../../components/mesh/live";
import { withWeights } from "../../components/traffic/split/routes";
import type { Weights } from "../../components/traffic/split/weights";
import type { VirtualServiceInputs, VirtualServiceSpec } from "../../components/traffic/world/istio";
import type { Value } from "../../components/traffic/world/values";
import { writeBack } from "../drift/write";
import { aheadOfOthers } from "./ahead";
import type { ReleasedService } from "./service";

/**
 * Writes the routes of a service with other weights past Pulumi, which has them the same once its update is made, and waits a little for
 * the callers' proxies: an update that began at once would take the processors from whoever tells them.
 */
export async function writeRoutes(
    { routes, access }: Pick<ReleasedService, "routes" | "access">,
    weights: Weights,
): Promise<void> {
    const spec = withWeights(routes.body.spec as unknown as VirtualServiceSpec, weights);
    const body = { ...routes.body, spec: spec as unknown as Value };
    const isWritten = await aheadOfOthers(async () => {
        const live = await liveRoutes(access, routes.namespace, routes.name);
        if (live) await writeBack(access, { applied: { ...routes, body }, live });
        return live !== undefined;
    });
    // Routes that are gone are made anew by the update.
    if (!isWritten) return;
    await after(istiodRestsMs);
    const { waitForRoutes } = await import("../../components/mesh/convergence");
    // A proxy that does not answer keeps nobody from going on: the update waits for it, too, and names it.
    const all = { ...access, timeoutSeconds: callersSeconds };
    await waitForRoutes(all, body as unknown as VirtualServiceInputs).catch(() => undefined);
}

/** istiod waits that long for further changes before it tells of one, in milliseconds: a look before that only takes the processors from it. */
const istiodRestsMs = 100;
/** For how long the callers are waited for before the update, in seconds: far more than they take on a machine that is not overloaded. */
const callersSeconds = 3;
