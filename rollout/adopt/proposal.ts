import { marksFor } from "../../components/split/stepArgs";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { SplitArgs } from "./adoption";

/**
 * The objects that a TrafficSplit of these arguments makes.
 *
 * @param trafficPolicy what the program lays over its DestinationRule.
 */
export function objectsOf(name: string, args: SplitArgs, trafficPolicy?: Body): { routes: Placed; subsets: Placed } {
    const { namespace, routesName, subsetsName, service: host, gateways } = args;
    const annotations = annotationsFor(marksFor(name, args.step ?? {}, args.versions));
    const routes = { ...routesFor({ ...args, host, gateways: undefined }), ...(gateways && { gateways }) };
    const object = (kind: string, own: string, spec: object, more: object = {}): Placed =>
        placed(kind, { metadata: { name: own, namespace, ...more }, spec } as unknown as Body);
    return {
        routes: object("VirtualService", routesName, routes, { annotations }),
        subsets: object("DestinationRule", subsetsName, {
            ...subsetsFor({ ...args, host }),
            ...(trafficPolicy && { trafficPolicy }),
        }),
    };
}
