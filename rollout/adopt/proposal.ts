import { marksFor } from "../../components/split/stepArgs";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { Kept, SplitArgs } from "./adoption";

/**
 * The objects that a TrafficSplit of these arguments makes.
 *
 * @param kept what the program lays over them.
 */
export function objectsOf(name: string, args: SplitArgs, kept: Kept = {}): { routes: Placed; subsets: Placed } {
    const { namespace, routesName, subsetsName, service: host, gateways } = args;
    const annotations = annotationsFor(marksFor(name, args.step ?? {}, args.versions));
    const { http, ...rest } = routesFor({ ...args, host, gateways: undefined });
    const routes = {
        ...rest,
        ...(gateways && { gateways }),
        ...(http && { http: http.map((rule) => ({ ...rule, ...kept.rules })) }),
    };
    const object = (kind: string, own: string, spec: object, more: object = {}): Placed =>
        placed(kind, { metadata: { name: own, namespace, ...more }, spec } as unknown as Body);
    return {
        routes: object("VirtualService", routesName, routes, {
            ...kept.routesMetadata,
            annotations: { ...kept.routesMetadata?.annotations, ...annotations },
        }),
        subsets: object(
            "DestinationRule",
            subsetsName,
            {
                ...subsetsFor({ ...args, host }),
                ...(kept.trafficPolicy && { trafficPolicy: kept.trafficPolicy }),
            },
            kept.subsetsMetadata,
        ),
    };
}
