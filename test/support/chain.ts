import { routesFor } from "../../components/traffic/split/routes";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import { annotationsFor, type Marks } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { edgeRoutes } from "../../systems/shop/edge";
import { deployment } from "./worlds";

/** The services of the shop's chain. */
export const chainServices = ["product", "recommendation", "review"] as const;
const [namespace, versions] = ["hands-on", ["v1", "v2"]];

/** How the shop stands: percent of v2. */
export interface ChainState {
    /** Of what the edge decides; undefined while it decides for nobody. */
    readonly chain?: number | undefined;
    /** Of each service's own weights: of all the same, or by name. */
    readonly own?: number | Readonly<Record<string, number>>;
    readonly header?: CanaryHeader;
    readonly marks?: Marks;
    /** The versions that a service has, where it lacks some. */
    readonly versionsOf?: Readonly<Record<string, readonly string[]>>;
}

/** The objects of the shop whose services go by the word of its edge, as its components apply them. */
export function chainObjects(state: ChainState): Placed[] {
    return [...chainServices.flatMap((name) => serviceIn(name, state)), edgeIn(state)];
}

/** The routes of one of them, or of the edge: `hands-on-edge-vs`. */
export function routesNamed(objects: readonly Placed[], name: string): Placed {
    const found = objects.find((one) => one.kind === "VirtualService" && one.name === name);
    if (!found) throw new Error(`There are no routes ${name}.`);
    return found;
}

function serviceIn(name: string, { chain, own = 0, header, marks, versionsOf = {} }: ChainState): Placed[] {
    const all = versionsOf[name] ?? versions;
    const share = typeof own === "number" ? own : (own[name] ?? 0);
    const spec = routesFor({
        host: name,
        versions: all,
        weights: all.length > 1 ? { v1: 100 - share, v2: share } : { v1: 100 },
        inChain: chain !== undefined,
        canaryHeader: header,
    });
    const subsets = all.map((version) => ({ name: version, labels: { version } }));
    const ports = [{ name: "http", port: 80 }];
    return [
        object("VirtualService", `${name}-vs`, spec, { ...marksOfAll, ...marks, service: name }),
        object("DestinationRule", `${name}-dr`, { host: name, subsets }, {}),
        object("Service", name, { selector: { app: name }, ports }, { group: "shop" }),
        ...all.map((version) => deployment({ name, namespace, version, pods: 1 })),
    ];
}

function edgeIn({ chain, marks }: ChainState): Placed {
    const weights = chain === undefined ? undefined : { v1: 100 - chain, v2: chain };
    const spec = edgeRoutes("minikube.me", "istio-ingress/gw", weights);
    return object("VirtualService", "hands-on-edge-vs", spec, { ...marksOfAll, ...marks, service: "shop" });
}

const marksOfAll: Marks = { group: "shop", stable: "v1", maxRaise: 50, maxRaiseTogether: 100 };

function object(kind: string, name: string, spec: object, marks: Marks): Placed {
    return placed(kind, { metadata: { name, namespace, annotations: annotationsFor(marks) }, spec } as unknown as Body);
}
