import { decide } from "../../components/traffic/effect/decide";
import type { Asked, Caller } from "../../components/traffic/effect/matching";
import { metBy, type Way } from "../../components/traffic/effect/ways";
import { serviceNamed, shortName } from "../../components/traffic/world/hosts";
import { bodiesAt, type Body, numberAt, textAt } from "../../components/traffic/world/values";
import { reading, type World } from "../../components/traffic/world/world";
import type { Weights } from "../../components/traffic/split/weights";
import type { Counter } from "../graph/counters";
import type { Split } from "../splits";
import { UserError } from "../../components/userError";

/** Where requests for a service are to go, as it was applied. */
export interface Expected {
    /** The URL by which a caller in the mesh asks for it. */
    readonly url: string;
    /** Percent by version. */
    readonly weights: Weights;
    /** Each version's destination, as the caller's proxy counts it. */
    readonly destinations: readonly { readonly version: string; readonly way: Pick<Way, "host" | "subset"> }[];
}

/** A request, as its caller means it. */
export interface Probe {
    readonly path: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
}

/**
 * Which versions requests of a caller in the mesh should meet, by Istio's own order of rules: all of them count, headers, paths and
 * the caller's labels among them.
 *
 * @throws when no proxy could tell versions apart by what it sends, or no version is meant to answer.
 */
export function expectedOf(world: World, { service, by, place }: Split, caller: Caller, probe: Probe): Expected {
    const named = serviceNamed(place.host);
    if (place.entry !== "mesh" || !named)
        throw new UserError({
            what: `${service} is split at ${place.entry === "mesh" ? place.host : `the gateway ${place.entry}`}, where no caller in the mesh comes by.`,
            fix: `npx upshift route ${service}, which says what would be met there`,
        });
    if (by === "pods")
        throw new UserError({
            what: `${service} is shared by the number of its pods: no proxy counts its versions apart.`,
            fix: "npx upshift status, which counts the pods",
        });
    const port = portOf(world, place.host);
    const host = `${named.name}.${named.namespace}${port === 80 ? "" : `:${port}`}`;
    return { url: `http://${host}${probe.path}`, ...routesOf(world, service, caller, { ...probe, host, port }) };
}

/**
 * Which versions requests from outside should meet: at the gateway where a service is split, or behind it, where the services on the
 * way are taken to forward headers, and to ask for the same path.
 *
 * @param host that is asked for.
 * @throws when no version is meant to answer.
 */
export function expectedOutside(
    world: World,
    { service, place }: Split,
    host: string,
    probe: Probe,
): Expected["weights"] {
    const named = serviceNamed(place.host);
    const isInside = place.entry === "mesh";
    const namespace = (isInside ? named?.namespace : place.entry.split("/")[0]) ?? "default";
    const caller: Caller = { namespace, labels: {}, ...(!isInside && { gateway: place.entry }) };
    return routesOf(world, service, caller, { ...probe, host: isInside ? place.host : host }).weights;
}

function routesOf(world: World, service: string, caller: Caller, asked: Asked): Omit<Expected, "url"> {
    const met = metBy(world, decide(world, caller, asked), caller, asked);
    if (met.kind !== "shares")
        throw new UserError({
            what: `No version of ${service} is meant to answer such a request: ${met.kind === "passes" ? "no routes are for it" : met.why}.`,
            fix: `npx upshift route ${service}, which says why`,
        });
    const destinations = met.shares.map((way) => ({ version: way.subset ?? shortName(way.host), way }));
    const weights: Record<string, number> = {};
    met.shares.forEach(({ percent }, at) => {
        const { version = "" } = destinations[at] ?? {};
        weights[version] = (weights[version] ?? 0) + percent;
    });
    return { weights, destinations };
}

/** Requests by version, of what a proxy has counted by destination; what went elsewhere is called by where it went. */
export function countsOf({ destinations }: Pick<Expected, "destinations">, counters: readonly Counter[]): Weights {
    const counts: Record<string, number> = {};
    for (const { to, requests } of counters.filter((one) => one.requests > 0)) {
        const isTo = ({ host, subset = "" }: Pick<Way, "host" | "subset">): boolean => {
            const { name, namespace } = serviceNamed(host) ?? { name: host, namespace: "" };
            return to.service === name && to.namespace === namespace && to.version === subset;
        };
        const found = destinations.find(({ way }) => isTo(way));
        const version = found?.version ?? (to.version || `${to.service}.${to.namespace}`);
        counts[version] = (counts[version] ?? 0) + requests;
    }
    return counts;
}

function portOf(world: World, host: string): number {
    return httpPortOf(bodiesAt(reading(world).services.get(host)?.body, "spec", "ports"));
}

/** The first of a Service's ports that speaks HTTP; 80 of one that is not seen. */
export function httpPortOf(ports: readonly Body[]): number {
    const spoken = (port: Body): string =>
        (textAt(port, "appProtocol") ?? textAt(port, "name") ?? "").split("-")[0] ?? "";
    const http = ports.find((one) => /^(http|http2|grpc|kubernetes\.io\/h2c)$/.test(spoken(one))) ?? ports[0];
    return numberAt(http, "port") ?? 80;
}
