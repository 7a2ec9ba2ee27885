import { releaseHeader } from "../../../components/traffic/split/destinations";
import { isInChain, weightedIn, type WeightedRule } from "../../../components/traffic/split/routes";
import type { VirtualServiceSpec } from "../../../components/traffic/world/istio";
import { marksOf } from "../../../components/traffic/world/marks";
import type { Placed } from "../../../components/traffic/world/objects";
import { UserError } from "../../../components/userError";
import type { Whereabouts } from "../steps";

/** A service as its own routes have it. Of one in a chain its weights are for callers who come by another way than the edge. */
export interface RoutedService extends Whereabouts {
    /** As config and messages call it. */
    readonly name: string;
    /** The Kubernetes Service that callers address. */
    readonly host: { readonly name: string; readonly namespace: string };
    /** Points by which one step may raise a version, as they were applied. */
    readonly maxRaise: number;
    /** Points by which one step may raise all services of the group, added up; from 100 on without limit. */
    readonly maxRaiseTogether: number;
    /** What its raises are added up with: by name, or all that name none. */
    readonly group: string;
    /** Versions to which other rules than the weights lead; undefined where its requests do not show how they are split. */
    readonly ruled?: readonly string[] | undefined;
    /** The VirtualService that decides. */
    readonly routes: Placed;
}

/** What the edge decides for. */
export interface Chain {
    /** The services that go by its word. */
    readonly services: readonly RoutedService[];
    /** The port of the first one to which it sends the requests, where it names one. */
    readonly port?: number | undefined;
}

/**
 * The rule by which routes decide for a whole chain: all requests go to one destination, a share of them with each version's name in
 * the header that the chain's services pass on. Undefined where the routes make no such decision.
 */
export function decidingRule(spec: VirtualServiceSpec): WeightedRule | undefined {
    const rule = weightedIn(spec);
    const { route = [] } = rule ?? {};
    // Versions that are subsets, or have a Service each, are told apart by that, whatever header goes with them.
    const isOne = new Set(route.map(({ destination }) => destination.host)).size === 1;
    const areNamed = route.every(
        ({ destination, headers }) =>
            destination.subset === undefined && headers?.request?.set?.[releaseHeader] !== undefined,
    );
    return isOne && areNamed ? rule : undefined;
}

/** The routes of the services that go by an edge's word: those of its group, or where it names none, of its namespace. */
export function routesInChain(edge: Placed, objects: readonly Placed[]): Placed[] {
    return objects.filter((one) => isVirtualService(one) && isInChain(specOf(one)) && belongTogether(edge, one));
}

/** The edge by whose word a service goes. @throws where the routes of none are there, with what to do */
export function edgeOf(name: string, routes: Placed, objects: readonly Placed[]): string {
    const edges = objects.filter(
        (one) => isVirtualService(one) && decidingRule(specOf(one)) && belongTogether(one, routes),
    );
    const [edge] = edges.flatMap((one) => marksOf(one.body).service ?? []);
    if (edge !== undefined) return edge;
    throw new UserError({
        what: `${name} goes by the word of an edge (header ${releaseHeader}), and no routes of this stack that are marked as a service's give it.`,
        fix: `mark the VirtualService of the edge with the chain's name: upshift.dev/service`,
    });
}

/**
 * Why an edge that is marked as a chain's, and decides for nobody yet, can't be released: with the step that moves no user and has it
 * decide. Undefined for all other routes.
 */
export function undecided(name: string, edge: Placed, objects: readonly Placed[]): UserError | undefined {
    const { gateways = [], http = [] } = specOf(edge);
    const { service, stable } = marksOf(edge.body);
    const splits = http.some(({ route }) => route.length > 1 || route.some(({ destination }) => destination.subset));
    if (service === undefined || splits || gateways.every((one) => one === "mesh")) return undefined;
    const others = objects.filter((one) => isVirtualService(one) && one !== edge && belongTogether(edge, one));
    const versions = [...new Set(others.flatMap((one) => subsetsIn(specOf(one))))].sort();
    if (versions.length < 2) return undefined;
    const first = stable !== undefined && versions.includes(stable) ? stable : versions[0];
    const values = versions.map((one) => `--plaintext weights.${name}.${one}=${one === first ? 100 : 0}`).join(" ");
    return new UserError({
        what: `The edge does not decide for ${name} yet: its services are split by weights of their own.`,
        fix: `pulumi config set-all --path ${values} && pulumi up`,
    });
}

/** The version to which a header leads in every service of a chain alike; undefined where they differ, or none has one. */
export function headerOf(services: readonly RoutedService[]): string | undefined {
    const [first, ...others] = [...new Set(services.map(({ headerTo }) => headerTo))];
    return others.length === 0 ? first : undefined;
}

function subsetsIn(spec: VirtualServiceSpec): string[] {
    return (weightedIn(spec)?.route ?? []).flatMap(({ destination }) => destination.subset ?? []);
}

function belongTogether(edge: Placed, part: Placed): boolean {
    const [group, other] = [marksOf(edge.body).group, marksOf(part.body).group];
    return group === other && (group !== undefined || edge.namespace === part.namespace);
}

function isVirtualService({ kind }: Placed): boolean {
    return kind === "VirtualService";
}

function specOf({ body }: Placed): VirtualServiceSpec {
    return body.spec as unknown as VirtualServiceSpec;
}
