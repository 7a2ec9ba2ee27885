import { routesAt } from "../../components/traffic/effect/decide";
import { releaseHeader, versionOf } from "../../components/traffic/split/destinations";
import {
    canaryHeaderIn,
    isInChain,
    mirrorIn,
    type WeightedRule,
    weightsIn,
} from "../../components/traffic/split/routes";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { marksOf } from "../../components/traffic/world/marks";
import { yardstickOf } from "../../components/traffic/judge/limits";
import type { Placed } from "../../components/traffic/world/objects";
import { fullHost, serviceNamed, shortName } from "../../components/traffic/world/hosts";
import { stateWorld } from "../../components/traffic/world/world";
import type { Applied } from "../applied";
import { appliedSplit, type Split } from "../splits";
import {
    type Chain,
    decidingRule,
    edgeOf,
    headerOf,
    type RoutedService,
    routesInChain,
    undecided,
} from "./chain/chain";
import type { ImagesOf } from "./plan";
import { imagesOf, metricNames } from "./versionPods";
import { UserError } from "../../components/userError";

/** A service that a release moves, as the stack's state has it. */
export interface ReleasedService extends RoutedService {
    /** The services for which it decides, where it is an edge that does so by one weight. */
    readonly chain?: Chain | undefined;
    readonly access: NonNullable<Applied["access"]>;
    /** What each version runs, as far as the stack has it: looked up where somebody asks. */
    readonly images?: () => ImagesOf;
    /** Versions by what Istio's metrics call them, where that is another name. */
    readonly metricNames?: () => ReadonlyMap<string, string>;
}

/**
 * A service of a stack, as it is applied.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the stack does not split it by weights of its own, with what it splits.
 */
export async function releasedService(stack: string, service: string, folder?: string): Promise<ReleasedService> {
    const { state, served } = await servedService(stack, service, folder);
    return { ...served, access: accessOf(stack, state) };
}

/** The same with the state that says so, which need not name a cluster. */
export async function servedService(
    stack: string,
    service: string,
    folder?: string,
): Promise<{ state: Applied; served: Omit<ReleasedService, "access"> }> {
    const { state, split } = await appliedSplit(stack, service, folder);
    // By any other name of it, the config would be written where nobody reads it.
    if (split.service !== service)
        throw new UserError({
            what: `${service} is called ${split.service} in config and marks.`,
            fix: `name it: ${split.service}`,
        });
    const served = whereaboutsOf(service, routesOf(state.objects, split), state.objects);
    const looked = {
        images: () => imagesOf(state.objects, served),
        metricNames: () => metricNames(state.objects, served),
    };
    return { state, served: { ...served, ...looked } };
}

/** How the cluster of a stack is reached. @throws where its state names none */
export function accessOf(stack: string, { access }: Applied): ReleasedService["access"] {
    if (access) return access;
    throw new UserError({
        what: `The state of stack ${stack} names no cluster.`,
        fix: `pulumi up --stack ${stack}, with a Kubernetes provider that reaches one`,
    });
}

/** The VirtualService that decides for a split. @throws where shares follow the number of pods: nobody counts those by version */
export function routesOf(objects: readonly Placed[], { service, place }: Pick<Split, "service" | "place">): Placed {
    const [decides] = routesAt(stateWorld(objects, undefined), place);
    const found = objects.find(
        ({ kind, namespace, name }) => kind === "VirtualService" && `${namespace}/${name}` === decides?.id,
    );
    if (found) return found;
    throw new UserError({
        what: `${service} has no routes with weights: its shares follow the number of its pods.`,
        fix: `take each step by itself: ${byHand(service)}`,
    });
}

/**
 * What a VirtualService says of where a service's users are.
 *
 * @param objects of the same state, among which those of an edge's chain are found.
 * @throws when its versions are no subsets of one Service, as where each has a Service of its own: nobody counts those by version. When
 *     an edge decides for it, with the name of what is moved instead.
 */
export function whereaboutsOf(
    name: string,
    routes: Placed,
    objects: readonly Placed[] = [],
): Omit<ReleasedService, "access"> {
    const spec = routes.body.spec as unknown as VirtualServiceSpec;
    const deciding = decidingRule(spec);
    if (deciding) return chainOf(name, routes, objects, deciding);
    if (isInChain(spec)) {
        const edge = edgeOf(name, routes, objects);
        throw new UserError({
            what: `${name} is part of the chain ${edge}: the edge decides for its users, and its own weights move only those who come from elsewhere.`,
            fix: `name the chain: ${edge}`,
        });
    }
    const why = undecided(name, routes, objects);
    if (why) throw why;
    return ownWhereabouts(name, routes);
}

/** What an edge decides, by its own marks and limits. @throws where no service goes by its word */
function chainOf(
    name: string,
    edge: Placed,
    objects: readonly Placed[],
    { route }: WeightedRule,
): Omit<ReleasedService, "access"> {
    const services = routesInChain(edge, objects).map((one) => ownWhereabouts(partName(one), one));
    if (services.length === 0)
        throw new UserError({
            what: `The edge decides for ${name} by the header ${releaseHeader}, and no service of this stack goes by it.`,
            fix: `give the TrafficSplits of its services inChain: true`,
        });
    const weights = weightsIn(edge.body.spec as unknown as VirtualServiceSpec);
    const marks = marksOf(edge.body);
    const { stable = Object.keys(weights)[0] ?? "", group = "" } = marks;
    const { host = "", port } = route[0]?.destination ?? {};
    return {
        ...{ name, weights, stable, group, routes: edge },
        ...yardstickOf(marks, {}),
        headerTo: headerOf(services),
        host: serviceNamed(fullHost(host, edge.namespace)) ?? { name: host, namespace: edge.namespace },
        chain: { services, port: port?.number },
    };
}

/** How config and messages call the service of some routes. */
function partName({ body, name }: Placed): string {
    const [host] = (body.spec as unknown as VirtualServiceSpec).hosts;
    return marksOf(body).service ?? (host === undefined ? name : shortName(host));
}

/** What its own routes say. */
function ownWhereabouts(name: string, routes: Placed): RoutedService {
    const spec = routes.body.spec as unknown as VirtualServiceSpec;
    const weights = weightsIn(spec);
    const ruled = ruledIn(spec);
    const marks = marksOf(routes.body);
    const { stable = Object.keys(weights)[0] ?? "", group = "" } = marks;
    const destinations = (spec.http ?? []).flatMap(({ route }) => route.map(({ destination }) => destination));
    const hosts = [...new Set(destinations.map(({ host }) => fullHost(host, routes.namespace)))];
    const host = serviceNamed(hosts[0] ?? "");
    if (!host || hosts.length > 1 || destinations.some(({ subset }) => subset === undefined))
        throw new UserError({
            what: `${name} leads to ${hosts.map(shortName).join(" and ")}: a release moves users between subsets of one Service.`,
            fix: `take each step by itself: ${byHand(name)}`,
        });
    return {
        name,
        weights,
        headerTo: canaryHeaderIn(spec)?.to,
        mirror: mirrorIn(spec),
        stable,
        host,
        ...yardstickOf(marks, {}),
        group,
        ruled,
        routes,
    };
}

/**
 * Versions to which rules above the weights lead. Connections are no requests, and one that is tried again is counted each time, at the
 * same version: of those the counters do not show the split.
 */
function ruledIn({ http = [], tcp }: VirtualServiceSpec): string[] | undefined {
    if (tcp || http.some(({ retries }) => (retries?.attempts ?? usualRetries) > 0)) return undefined;
    // What the edge has chosen is what the weights are about.
    const special = http.filter((rule) => rule.match !== undefined && !isInChain({ http: [rule] }));
    return [...new Set(special.flatMap(({ route }) => route.map((one) => versionOf(one))))];
}

/** Istio's, where routes say nothing of it. */
const usualRetries = 2;

function byHand(service: string): string {
    return `pulumi config set-all --path --plaintext weights.${service}.VERSION=PERCENT … && pulumi up`;
}
