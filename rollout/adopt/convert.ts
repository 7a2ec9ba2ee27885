import type { Conversion } from "./adoption";
import { checked } from "./adopt";
import { fromRollout } from "./argo";
import { fromCanary } from "./flagger";
import { fromHttpRoute } from "./httpRoute";
import { ownerProblems } from "./owners";
import { notThere, type Seen } from "./read";
import type { Source } from "./source";
import { fromVirtualService } from "./virtualService";

/**
 * What a live object comes to as a TrafficSplit that moves nobody, or every reason why there is none.
 *
 * @param leaveOut paths of fields that may go.
 * @throws when it is not there.
 */
export function conversionOf(source: Source, seen: Seen, leaveOut: readonly string[] = []): Conversion {
    const found = checked(unchecked(source, seen), seen.world, leaveOut);
    // Whoever made the object that is to be stopped would make it again.
    const owners = seen.object ? ownerProblems({ ...source, group: "", body: seen.object }) : [];
    return owners.length > 0 ? { problems: [...owners, ...found.problems] } : found;
}

function unchecked(source: Source, { world, object = {}, replicaSets }: Seen): Conversion {
    switch (source.kind) {
        case "Rollout":
            return fromRollout(source, object, replicaSets, world);
        case "Canary":
            return fromCanary(source, object, world);
        case "HTTPRoute":
            return fromHttpRoute(source, object, world);
        default: {
            const routes = world.objects.find(
                ({ kind, namespace, name }) =>
                    kind === source.kind && namespace === source.namespace && name === source.name,
            );
            if (!routes) throw new Error(notThere(source, "virtualservices.networking.istio.io"));
            return fromVirtualService(routes, world);
        }
    }
}
