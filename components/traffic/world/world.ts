import { rulesFor, type Subsets, subsetsIn } from "./destinationRules";
import { firstsBy, grouped } from "./grouped";
import { hostOfService } from "./hosts";
import type { Subset } from "./istio";
import { marksOf, type Marks } from "./marks";
import { identityOf, type Placed } from "./objects";
import { once } from "./once";
import { type Body, bodyAt, mapAt, numberAt, textAt } from "./values";
import { type Routes, routesIn } from "./virtualServices";
import {
    codeOf,
    holdsAll,
    isSelected,
    isWorkload,
    replicasAsked,
    replicasLeft,
    type Workload,
    workloadOf,
} from "./workloads";

/** Everything that decides who is served by what, of one moment: applied last, live, or proposed. */
export interface World {
    readonly objects: readonly Placed[];
    /**
     * Whether it holds all that there is, as what a cluster said does. Of one that does not, nobody knows whether a destination
     * has pods; where it does, one without pods fails.
     */
    readonly isWhole: boolean;
}

/** A Service, as far as it says who answers. */
export interface ServiceObject {
    readonly host: string;
    readonly namespace: string;
    readonly name: string;
    readonly selector: Readonly<Record<string, string>>;
    /** The host that it is but another name of. */
    readonly alias?: string;
    readonly marks: Marks;
    readonly body: Body;
}

/** What a world says, read once. */
export interface Reading {
    readonly routes: readonly Routes[];
    /** By `namespace/name`. */
    readonly routesNamed: ReadonlyMap<string, Routes>;
    /** By full host name. */
    readonly services: ReadonlyMap<string, ServiceObject>;
    /** The DestinationRules that may hold for a host, by its full name: those for itself, and those for a wildcard. */
    readonly subsetsFor: (host: string) => readonly Subsets[];
    readonly workloads: readonly Workload[];
    /** By `namespace/name`. */
    readonly workloadsNamed: ReadonlyMap<string, Workload>;
    /** By namespace and one of their labels: a namespace may have many, and few of them have a label with a value. */
    readonly labelled: ReadonlyMap<string, readonly Workload[]>;
    /** By host and labels, as they were asked for. */
    readonly behind: Map<string, readonly Workload[]>;
    /** The routes that decide at a place, as they were asked for: see `routesAt`. */
    readonly deciding: Map<string, readonly Routes[]>;
    /** The routes that have a host, by each of their hosts. */
    readonly routesOf: ReadonlyMap<string, readonly Routes[]>;
    /** Routes whose host is a wildcard. */
    readonly wildcards: readonly Routes[];
}

/** Reads a world. It is asked for many times, and read once; an object that several worlds have in common is read the same in all of them. */
export const reading: (world: World) => Reading = once((world: World): Reading => {
    const of = (kind: string): Placed[] => world.objects.filter((one) => one.kind === kind);
    const routes = routesIn(of("VirtualService")).sort(byAge);
    const services = of("Service").map(serviceOf);
    const workloads = world.objects.filter(isWorkload).map(workloadOf);
    return {
        routes,
        routesNamed: byId(routes),
        services: new Map(services.map((service) => [service.host, service])),
        subsetsFor: byHost(subsetsIn(of("DestinationRule"))),
        workloads,
        workloadsNamed: byId(workloads),
        labelled: grouped(
            workloads.flatMap((one) =>
                Object.entries(one.labels).map((label) => [labelKey(one.namespace, label), one] as const),
            ),
        ),
        behind: new Map(),
        deciding: new Map(),
        routesOf: grouped(routes.flatMap((one) => one.hosts.map((host) => [host, one] as const))),
        wildcards: routes.filter(({ hosts }) => hosts.some((host) => host.includes("*"))),
    };
});

/**
 * The subset of a host; undefined where no DestinationRule that the callers know has one of that name.
 *
 * @param from the callers' namespace, see `rulesFor`.
 */
export function subsetOf(world: World, host: string, name: string, from?: string): Subset | undefined {
    return rulesFor(reading(world).subsetsFor(host), host, from)
        .flatMap(({ subsets }) => subsets)
        .find((subset) => subset.name === name);
}

/** The host that a host stands for: of a Service that is but a name, the one that it names. */
export function meantBy(world: World, host: string): string {
    return reading(world).services.get(host)?.alias ?? host;
}

/** The workloads whose pods answer for a host: those that its Service selects, and whose labels fit a subset's. */
export function workloadsBehind(
    world: World,
    host: string,
    labels: Readonly<Record<string, string>> = {},
): readonly Workload[] {
    const { services, labelled, behind } = reading(world);
    const service = services.get(host);
    if (!service || Object.keys(service.selector).length === 0) return [];
    const key = `${host} ${JSON.stringify(labels)}`;
    const known = behind.get(key);
    if (known) return known;
    const selector = { ...service.selector, ...labels };
    const candidates = Object.entries(selector).map((label) => labelled.get(labelKey(service.namespace, label)) ?? []);
    const fewest = candidates.reduce((least, some) => (some.length < least.length ? some : least));
    const found = fewest.filter((workload) => isSelected(selector, workload));
    behind.set(key, found);
    return found;
}

function labelKey(namespace: string, [label, value]: readonly [string, string]): string {
    return `${namespace} ${label}=${value}`;
}

/**
 * A world in which some objects are others, or new. An object that is there already keeps what only its cluster says: when it was
 * made, and how many of its pods are ready where their number stays; what the program leaves open stays as it is.
 *
 * @param removed identities of objects that are no more, see `identityOf`.
 */
export function overlay(world: World, objects: readonly Placed[], removed: ReadonlySet<string> = new Set()): World {
    const before = new Map(world.objects.map((one) => [identityOf(one), one]));
    const next = new Map(objects.map((one) => [identityOf(one), inPlaceOf(before.get(identityOf(one)), one)]));
    const kept = world.objects.filter((one) => !next.has(identityOf(one)) && !removed.has(identityOf(one)));
    return { objects: [...kept, ...next.values()], isWhole: world.isWhole };
}

/** What was applied, as the state has it, with all else that there is, as the cluster has it. */
export function stateWorld(state: readonly Placed[], live: World | undefined): World {
    return overlay(live ?? { objects: [], isWhole: false }, state);
}

function inPlaceOf(old: Placed | undefined, next: Placed): Placed {
    if (!old) return next;
    const created = textAt(old.body, "metadata", "creationTimestamp");
    const metadata = { ...(next.body.metadata as Body), ...(created !== undefined && { creationTimestamp: created }) };
    if (!isWorkload(next)) return { ...next, body: { ...next.body, metadata } };
    const asked = replicasAsked(next);
    const replicas = asked ?? replicasLeft(old, next);
    const isCounted = replicas === numberAt(old.body, "spec", "replicas");
    const isScaledByOthers = asked === undefined && (old.urn === undefined || old.isScaledByOthers);
    // What was asked for is there already, and the API server has filled in what was left open: that is no other code.
    const isSameCode = holdsAll(bodyAt(old.body, "spec", "template"), codeOf(bodyAt(next.body, "spec", "template")));
    const { template } = (isSameCode ? old : next).body.spec as Body;
    const spec: Body = {
        ...(next.body.spec as Body),
        template: template,
        ...(replicas !== undefined && { replicas }),
    };
    // How many pods are ready is known of the number that was there, and of no other.
    const body: Body = { ...next.body, metadata, spec, status: isCounted ? old.body.status : undefined };
    return { ...next, readyPods: isCounted ? old.readyPods : undefined, body, isScaledByOthers };
}

const serviceOf = once(({ namespace, name, body }: Placed): ServiceObject => {
    const isAlias = textAt(body, "spec", "type") === "ExternalName";
    const alias = textAt(body, "spec", "externalName")?.toLowerCase().replace(/\.$/, "");
    return {
        host: hostOfService({ namespace, name }),
        namespace,
        name,
        // Kubernetes looks at no selector where a Service is but a name.
        selector: isAlias ? {} : mapAt(body, "spec", "selector"),
        ...(isAlias && alias !== undefined && { alias }),
        marks: marksOf(body),
        body,
    };
});

/** Of several with one name the first counts. */
function byId<T extends { readonly id: string }>(all: readonly T[]): Map<string, T> {
    return new Map(firstsBy(all, ({ id }) => id).map((one) => [one.id, one]));
}

function byHost(rules: readonly Subsets[]): Reading["subsetsFor"] {
    const named = grouped(rules.map((rule) => [rule.host, rule] as const));
    const wildcards = rules.filter(({ host }) => host.includes("*"));
    return (host) => [...(named.get(host) ?? []), ...wildcards];
}

/** A sidecar follows the oldest of several VirtualServices for one host; of equally old ones istiod takes the first by name. */
function byAge(one: Routes, other: Routes): number {
    if (one.created !== other.created) return one.created < other.created ? -1 : 1;
    // Of those that are yet to be made, the first in the program is made first.
    if (one.created === "later") return 0;
    const [first, second] = [one, other].map(({ id }) => id.split("/").reverse().join("/")) as [string, string];
    return first < second ? -1 : 1;
}
