import { shortHost } from "../world/hosts";
import { canonical } from "../world/objects";
import { protocolsOf } from "../world/ports";
import { bodiesAt, textAt, type Value } from "../world/values";
import { reading, type World } from "../world/world";
import { routesAt } from "../effect/decide";
import type { Place } from "../effect/kind";
import type { Finding } from "./findings";

/**
 * Routes by requests for a Service none of whose ports carries any, as Istio reads its ports: they would split nothing, and nobody
 * would see it. Said of what a step brings, and of nothing that was so before.
 */
export function noEffects(before: World, after: World): Finding[] {
    return [...reading(after).services.values()].flatMap((service): Finding[] => {
        const place: Place = { host: service.host, entry: "mesh", protocol: "http" };
        const told = (world: World): string => {
            const ports = reading(world).services.get(service.host)?.body;
            return canonical([
                routesAt(world, place).map(({ rules }) => rules),
                protocolsOf({ body: ports ?? {} }),
            ] as unknown as Value);
        };
        const isRouted = routesAt(after, place).some(({ rules }) => rules.http);
        if (!isRouted || protocolsOf(service).includes("http") || told(before) === told(after)) return [];
        const ports = bodiesAt(service.body, "spec", "ports").map((port) => textAt(port, "name") ?? "without a name");
        const name = routesAt(after, place)[0]?.marks.service ?? shortHost(service.host);
        const detail = `its routes would have no effect: Istio takes no port of the Service for HTTP (${ports.join(", ")}): name it http-…, or set appProtocol: http`;
        return [{ code: "no-effect", service: name, namespace: service.namespace, detail }];
    });
}
