import { decide, type Decision } from "../../components/traffic/effect/decide";
import type { Asked, Caller } from "../../components/traffic/effect/matching";
import { type Met, metBy } from "../../components/traffic/effect/ways";
import { hostOfService, serviceNamed, shortHost } from "../../components/traffic/world/hosts";
import { reading, type ServiceObject, type World, workloadsBehind } from "../../components/traffic/world/world";

/** What a proxy decides, and what the request meets by it. */
export interface HopDecision extends Pick<Decision, "host" | "by" | "tried"> {
    readonly outcome: Met;
}

/** One proxy's decision on the way of a request. */
export interface Hop {
    /** Who decides: a gateway, or the sidecar of a calling service. */
    readonly at: string;
    readonly decision: HopDecision;
    /** Whether the request gets to the service asked for here. */
    readonly arrives: boolean;
}

/** A request as it is when it enters. */
export interface Entering {
    /** At the service. */
    readonly path: string;
    /** At the gateway. */
    readonly enter: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
}

/**
 * Follows a request to a service: from each gateway whose routes lead to a service that has no versions of its own to tell apart,
 * and from there to the service, with the headers that the gateway gave it. Where the service is the gateway's own, the way
 * goes on to every service of its namespace that has routes. The services in between are taken to forward headers.
 *
 * @param service its name, with its namespace where several have one of that name: `review` or `review.stage`.
 */
export function follow(world: World, service: string, request: Entering): Hop[] {
    const { services, routes } = reading(world);
    const isMeant = (host: string): boolean => [host, shortHost(host, ""), serviceNamed(host)?.name].includes(service);
    const known = [...services.values()].find(({ host }) => isMeant(host));
    const namespace = known?.namespace ?? routes.find(({ hosts }) => hosts.some(isMeant))?.namespace ?? "default";
    const { gateway, decision: direct } = entranceOf(world, request, known, namespace) ?? {};
    const hops: Hop[] = [];
    let from: Pick<ServiceObject, "name" | "namespace"> = { name: "a caller in the mesh", namespace };
    if (direct?.outcome.kind === "shares") {
        const arrives = leadsTo(direct, (host) => host === known?.host);
        hops.push({ at: `gateway ${gateway}`, decision: direct, arrives: arrives && reaches(direct) });
        if (known && arrives) return [...hops, ...onwardFrom(world, known, request, direct)];
        const [first] = direct.outcome.shares;
        from = (first && serviceNamed(first.host)) ?? from;
    }
    const caller = callerOf(world, from, namespace);
    // A Service of somebody else's is in no state, but the routes for it are.
    const host = known?.host ?? routes.flatMap(({ hosts }) => hosts).find(isMeant) ?? service;
    return [
        ...hops,
        ...headersAfter(direct, request.headers).map((headers) =>
            hopOf(world, from.name, caller, { ...request, host, headers }),
        ),
    ];
}

/** Every name by which a world knows a service: of Services, and of hosts that routes are for. */
export function servicesIn(world: World): string[] {
    const { services, routes } = reading(world);
    const hosts = [...[...services.values()].map(({ host }) => host), ...routes.flatMap(({ hosts }) => hosts)];
    return hosts.flatMap((host) => [serviceNamed(host)?.name ?? host, shortHost(host, ""), host]);
}

/** What the service's own calls meet: those to the services that tell versions apart, in the order of their names. */
function onwardFrom(world: World, from: ServiceObject, request: Entering, edge: HopDecision): Hop[] {
    const hosts = reading(world)
        .routes.filter(({ namespace, entries }) => namespace === from.namespace && entries.includes("mesh"))
        .flatMap((routes) => routes.hosts)
        .filter((host) => host !== from.host && !host.includes("*"));
    const caller = callerOf(world, from, from.namespace);
    return [...new Set(hosts)]
        .sort()
        .flatMap((host) =>
            headersAfter(edge, request.headers).map((headers) =>
                hopOf(world, from.name, caller, { ...request, host, headers }),
            ),
        );
}

function hopOf(world: World, at: string, caller: Caller, asked: Asked): Hop {
    const decision = decided(world, caller, asked);
    return { at, decision, arrives: reaches(decision) };
}

function decided(world: World, caller: Caller, asked: Asked): HopDecision {
    const decision = decide(world, caller, asked);
    const { host, by, tried } = decision;
    return { host, by, tried, outcome: metBy(world, decision, caller, asked) };
}

/** A calling service's sidecar: with the labels that all of its pods carry, where they are known. */
function callerOf(world: World, service: Pick<ServiceObject, "name" | "namespace">, namespace: string): Caller {
    const [first, ...others] = workloadsBehind(world, hostOfService(service));
    const labels = Object.entries(first?.labels ?? { app: service.name }).filter(([label, value]) =>
        others.every((other) => other.labels[label] === value),
    );
    return { namespace, labels: Object.fromEntries(labels) };
}

/**
 * Where such a request comes in: at the gateway whose routes lead to the service, or else into its namespace. A mesh has other
 * entrances too, to its addons and to other systems.
 */
function entranceOf(
    world: World,
    request: Entering,
    known: ServiceObject | undefined,
    namespace: string,
): { gateway: string; decision: HopDecision } | undefined {
    const entrances = reading(world).routes.flatMap(({ entries, hosts }) =>
        entries
            .filter((entry) => entry !== "mesh")
            .flatMap((gateway) =>
                hosts.map((host) => {
                    // The gateway's pods are taken to run in the namespace of its object.
                    const caller: Caller = { namespace: gateway.split("/")[0] ?? "", labels: {}, gateway };
                    return { gateway, decision: decided(world, caller, { ...request, path: request.enter, host }) };
                }),
            ),
    );
    return (
        entrances.find(({ decision }) => leadsTo(decision, (host) => host === known?.host)) ??
        entrances.find(({ decision }) => leadsTo(decision, (host) => serviceNamed(host)?.namespace === namespace))
    );
}

function leadsTo({ outcome }: HopDecision, isMeant: (host: string) => boolean): boolean {
    return outcome.kind === "shares" && outcome.shares.some(({ host }) => isMeant(host));
}

/** The different sets of headers with which a request goes on: one for each version that the edge may decide on. */
function headersAfter(
    edge: HopDecision | undefined,
    headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>>[] {
    if (edge?.outcome.kind !== "shares") return [headers];
    const sets = edge.outcome.shares.map((share) => share.headers);
    return [...new Map(sets.map((set) => [JSON.stringify(set), set])).values()];
}

function reaches({ outcome }: HopDecision): boolean {
    if (outcome.kind !== "shares") return false;
    const failing = (outcome.faults ?? []).reduce((sum, { percent }) => sum + percent, 0);
    return failing < 100 && outcome.shares.every(({ missing }) => !missing);
}
