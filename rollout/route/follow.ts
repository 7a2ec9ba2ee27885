import type { Caller } from "../../components/traffic/effect/matching";
import type { Mesh, Share } from "../../components/traffic/effect/outcome";
import { decide, Decision } from "../../components/traffic/effect/decide";

/** One proxy's decision on the way of a request. */
export interface Hop {
    /** Who decides: a gateway, or the sidecar of a calling service. */
    readonly at: string;
    readonly decision: Decision;
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
 */
export function follow(mesh: Mesh, service: string, request: Entering): Hop[] {
    const known = mesh.services.find((name) => name.split(".")[0] === service);
    const namespace =
        known?.split(".")[1] ??
        mesh.virtualServices.find(({ spec }) => spec.hosts?.includes(service))?.metadata.namespace ??
        "default";
    const hops: Hop[] = [];
    let from = "a caller in the mesh";
    const { gateway, decision: direct } = entranceOf(mesh, request, known, namespace) ?? {};
    if (direct?.outcome.kind === "shares") {
        const arrives = leadsTo(direct, (host) => host === known);
        hops.push({ at: `gateway ${gateway}`, decision: direct, arrives });
        if (arrives) return [...hops, ...onwardFrom(mesh, service, namespace, request, direct)];
        from = direct.outcome.shares[0]?.host.split(".")[0] ?? from;
    }
    const caller: Caller = { namespace, labels: { app: from } };
    for (const given of headersAfter(direct, request.headers)) {
        const decision = decide(mesh, caller, { ...request, host: service, headers: given });
        hops.push({ at: from, decision, arrives: reaches(decision) });
    }
    return hops;
}

/** What the service's own calls meet: those to the services that tell versions apart, in the order of their names. */
function onwardFrom(mesh: Mesh, from: string, namespace: string, request: Entering, edge: Decision): Hop[] {
    const hosts = mesh.virtualServices
        .filter(({ metadata, spec }) => metadata.namespace === namespace && !spec.gateways?.length)
        .flatMap(({ spec }) => spec.hosts?.[0] ?? [])
        .filter((host) => host !== from)
        .sort();
    const caller: Caller = { namespace, labels: { app: from } };
    return hosts.flatMap((host) =>
        headersAfter(edge, request.headers).map((headers) => {
            const decision = decide(mesh, caller, { ...request, host, headers });
            return { at: from, decision, arrives: reaches(decision) };
        }),
    );
}

/**
 * Where such a request comes in: at the gateway whose routes lead to the service, or else into its namespace. A mesh has other
 * entrances too, to its addons and to other systems.
 */
function entranceOf(
    mesh: Mesh,
    request: Entering,
    known: string | undefined,
    namespace: string,
): { gateway: string; decision: Decision } | undefined {
    const entrances = mesh.virtualServices.flatMap(({ metadata, spec }) => {
        const named = spec.gateways?.find((name) => name !== "mesh");
        const host = spec.hosts?.[0];
        if (!named || !host) return [];
        const gateway = named.includes("/") ? named : `${metadata.namespace}/${named}`;
        const caller: Caller = { namespace: metadata.namespace, labels: {}, gateway };
        return [{ gateway, decision: decide(mesh, caller, { ...request, path: request.enter, host }) }];
    });
    return (
        entrances.find(({ decision }) => leadsTo(decision, (host) => host === known)) ??
        entrances.find(({ decision }) => leadsTo(decision, (host) => host.split(".")[1] === namespace))
    );
}

function leadsTo({ outcome }: Decision, isMeant: (host: string) => boolean): boolean {
    return outcome.kind === "shares" && outcome.shares.some(({ host }) => isMeant(host));
}

/** The different sets of headers with which a request goes on: one for each version that the edge may decide on. */
function headersAfter(
    edge: Decision | undefined,
    headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>>[] {
    if (edge?.outcome.kind !== "shares") return [headers];
    return edge.outcome.shares.map((share: Share) => share.headers);
}

function reaches({ outcome }: Decision): boolean {
    return outcome.kind === "shares" && outcome.shares.every(({ missing }) => !missing);
}
