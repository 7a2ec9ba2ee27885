import type { Placed } from "../../components/traffic/world/objects";
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
    const conversion = unchecked(source, seen);
    const found = checked(conversion, seen.world, leaveOut);
    // Whoever made the object would make it again, and is named also where it can't be taken over for another reason; the owners of
    // what is imported were asked for with it.
    const routes = conversion.converted ? undefined : routesOf(source, seen);
    const own = seen.object ? { ...source, group: "", body: seen.object } : routes;
    const owners = own ? ownerProblems(own) : [];
    return owners.length > 0 ? { problems: [...owners, ...found.problems] } : found;
}

function routesOf({ kind, namespace, name }: Source, { world }: Seen): Placed | undefined {
    return world.objects.find((one) => one.kind === kind && one.namespace === namespace && one.name === name);
}

function unchecked(source: Source, seen: Seen): Conversion {
    const { world, object = {}, replicaSets } = seen;
    switch (source.kind) {
        case "Rollout":
            return fromRollout(source, object, replicaSets, world);
        case "Canary":
            return fromCanary(source, object, world);
        case "HTTPRoute":
            return fromHttpRoute(source, object, world);
        default: {
            const routes = routesOf(source, seen);
            if (!routes) throw notThere(source, "virtualservices.networking.istio.io");
            return fromVirtualService(routes, world);
        }
    }
}
