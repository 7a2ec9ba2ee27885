import type { Conversion } from "./adoption";
import { checked } from "./adopt";
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
    const { world } = seen;
    const routes = world.objects.find(
        ({ kind, namespace, name }) => kind === source.kind && namespace === source.namespace && name === source.name,
    );
    if (!routes) throw new Error(notThere(source, "virtualservices.networking.istio.io"));
    return checked(fromVirtualService(routes, world), world, leaveOut);
}
