import { routesIn, type Routes } from "./delegates";
import { hostOf } from "./destinations";
import type { RouteMatch } from "./envoy";
import type { HttpMatch, Labels, StringMatch } from "./istio";
import { idOf, ofKind, type Caller, type Request, type World } from "./manifest";
import { matches, textMatches } from "./match";
import { isWildcard, isWithin, overlap, withoutPort } from "./names";
import { sampleOf } from "./samples";
import { isMeantFor, matchFor } from "./translate";

/** A request that stands for all that the rules can't tell from it. */
export interface KindOfRequest extends Request {
    /**
     * False for what somebody must send on purpose: a custom header, a cookie, or labels of a workload that name no
     * version, as a tester's do. Paths, methods, queries, hosts, ports and the headers of every browser are ordinary.
     */
    readonly ordinary: boolean;
}

/** What every browser sends, with whatever value. */
const everybodysHeaders = /^(:.*|host|user-agent|accept(-.*)?|x-forwarded-.*|x-request-id|origin|referer|content-.*)$/i;
const usual = { "user-agent": "Mozilla/5.0", accept: "*/*" };

/**
 * A request for every way through the rules of two worlds: for each host at each place where it is served, for each
 * block of conditions and each two together, and for none.
 *
 * Of requests that meet the same conditions in both worlds, only one is kept.
 */
export function requestsFor(before: World, after: World): KindOfRequest[] {
    const worlds = [before, after];
    const all = worlds.flatMap(routesIn);
    const kinds = new Map<string, KindOfRequest>();
    for (const place of placesIn(worlds, all)) {
        const blocks = blocksAt(place.hosts, all);
        const asked = blocks.map((block) => ({ block, match: matchFor(block) }));
        const tried = new Map(kindsAt(place, blocks).map((kind) => [JSON.stringify(kind), kind]));
        for (const kind of tried.values()) {
            const key = signature(kind, asked);
            if (!kinds.has(key)) kinds.set(key, kind);
        }
    }
    return [...kinds.values()];
}

/** A host as callers of one kind ask for it. */
interface Place {
    readonly host: string;
    /** The names under which rules know it. */
    readonly hosts: readonly string[];
    readonly port: number;
    readonly caller: Caller;
    readonly tls?: boolean;
}

function placesIn(worlds: readonly World[], all: readonly Routes[]): Place[] {
    const services = worlds.flatMap((world) => ofKind(world, "Service"));
    const gateways = worlds.flatMap((world) => ofKind(world, "Gateway"));
    // A host that is bound nowhere is the same before and after: there is nothing to ask.
    const boundTo = (gateway: string): string[] => [
        ...new Set(all.filter(({ gateways }) => gateways.includes(gateway)).flatMap(({ hosts }) => hosts)),
    ];
    // Whoever sees routes of their own namespace alone calls from there; where something is not for all, others call, too.
    const exported = worlds.flatMap((world) => [
        ...ofKind(world, "VirtualService"),
        ...ofKind(world, "DestinationRule"),
    ]);
    const isForAll = exported.every(({ spec: { exportTo } }) => !exportTo || exportTo.includes("*"));
    const homes = [...all, ...(isForAll && all.length > 0 ? [] : services.map(({ metadata }) => metadata))];
    const namespaces = new Set([...homes.map(({ namespace }) => namespace), ...all.flatMap(namespacesNamed)]);
    const known = services.map(hostOf);
    const inMesh = [...namespaces].flatMap((namespace) => {
        const caller = { namespace, labels: {} };
        const own = services.flatMap((service) => {
            const { name, namespace: of } = service.metadata;
            // Both forms, because a VirtualService may have taken the short one for itself.
            const [short, dotted] = [of === namespace ? name : `${name}.${of}`, `${name}.${of}`];
            return [...new Set([short, dotted])].flatMap((host) =>
                (service.spec.ports ?? []).map(({ port }) => ({ host, hosts: [hostOf(service), host], port, caller })),
            );
        });
        const others = boundTo("mesh")
            .filter((host) => !isWildcard(host) && !known.includes(host))
            .map((host) => ({ host, hosts: [host], port: 80, caller }));
        return [...own, ...others];
    });
    const outside = gateways.flatMap((gateway) =>
        (gateway.spec.servers ?? []).flatMap(({ port: { number: port, protocol }, hosts: served }) =>
            [...new Set(boundTo(idOf(gateway)).map((host) => host.replace(/^\*/, "any")))]
                .filter((host) => served.some((one) => isWithin(host, one.replace(/^.*\//, ""))))
                .map((host) => ({
                    host,
                    hosts: [host],
                    port,
                    caller: { gateway: idOf(gateway) },
                    ...(protocol === "HTTPS" ? { tls: true } : {}),
                })),
        ),
    );
    const unique = new Map([...inMesh, ...outside].map((place) => [JSON.stringify(place), place]));
    return [...unique.values()];
}

function namespacesNamed({ exportTo = [], http }: Routes): string[] {
    const asked = http.flatMap(({ match = [] }) => match.flatMap(({ sourceNamespace }) => sourceNamespace ?? []));
    return [...exportTo.filter((name) => /^[a-z0-9]/.test(name)), ...asked];
}

function blocksAt(hosts: readonly string[], all: readonly Routes[]): HttpMatch[] {
    const there = all.filter((one) => one.hosts.some((host) => hosts.some((asked) => overlap(host, asked))));
    const blocks = there.flatMap(({ http }) => http.flatMap(({ match = [] }) => match));
    return [...new Map(blocks.map((block) => [JSON.stringify(block), block])).values()];
}

/** What a request must have to fulfil a block. */
interface Wish {
    readonly path?: StringMatch;
    readonly ignoreCase?: boolean;
    readonly method?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
    readonly labels: Labels;
    readonly namespace?: string;
    readonly host?: string;
    /** Does it ask for something that only a tester has? */
    readonly onPurpose: boolean;
}

/** One wish with every path that fulfils it, and any two together. */
function kindsAt(place: Place, blocks: readonly HttpMatch[]): KindOfRequest[] {
    const wishes = blocks.flatMap(wishesOf);
    const paths = pathsFor(blocks);
    const methods = new Set(["GET", "PUT", ...wishes.flatMap(({ method }) => method ?? [])]);
    const single = [...wishes, ...[...methods].map((method): Wish => ({ ...none, method }))];
    // Who has what a rule excludes passes by it, whatever else he asks for.
    const beside = [none, ...blocks.flatMap(unwantedOf)];
    return [
        ...single.flatMap((wish) =>
            paths.filter((path) => fits(wish, path)).flatMap((path) => together(place, path, wish, none)),
        ),
        ...wishes.flatMap((first) =>
            wishes.flatMap((second) => {
                const fitting = paths.filter((one) => fits(first, one));
                const path = fitting.find((one) => fits(second, one)) ?? fitting[0];
                if (path === undefined || first === second) return [];
                return beside.flatMap(({ headers }) =>
                    together(place, path, first, { ...second, headers: { ...headers, ...second.headers } }),
                );
            }),
        ),
    ];
}

const none: Wish = { headers: {}, query: {}, labels: {}, onPurpose: false };

/** A wish for the block, and one for what it must not meet. */
function wishesOf(block: HttpMatch): Wish[] {
    const { queryParams, sourceLabels = {}, sourceNamespace, authority } = block;
    const { ":path": path, ":method": own, ...headers } = block.headers ?? {};
    const [uri, method] = [block.uri ?? path, block.method ?? own];
    const wish: Wish = {
        ...(uri ? { path: uri } : {}),
        // Only the path itself is looked at in any case, and not what Envoy has as `:path`.
        ...(block.uri && block.ignoreUriCase ? { ignoreCase: true } : {}),
        ...(method ? { method: sampleOf(method, ["GET", "POST", "PUT"]) } : {}),
        headers: sampled(headers),
        query: sampled(queryParams),
        labels: sourceLabels,
        ...(sourceNamespace ? { namespace: sourceNamespace } : {}),
        ...(authority ? { host: sampleOf(authority, []) } : {}),
        onPurpose: Object.keys(sourceLabels).length > 0 && sourceLabels.version === undefined,
    };
    const unwanted = unwantedOf(block).map(({ headers }) => ({ ...wish, headers: { ...wish.headers, ...headers } }));
    return [wish, ...unwanted];
}

/** A wish for what a block excludes, and nothing else. */
function unwantedOf({ withoutHeaders }: HttpMatch): Wish[] {
    const headers = sampled(withoutHeaders);
    return Object.keys(headers).length > 0 ? [{ ...none, headers }] : [];
}

function sampled(conditions: Readonly<Record<string, StringMatch>> = {}): Record<string, string> {
    return Object.fromEntries(
        Object.entries(conditions).map(([name, match]) => {
            const common = Object.entries(usual).find(([own]) => own === name.toLowerCase())?.[1];
            return [name.toLowerCase(), sampleOf(match, common ? [common] : [])];
        }),
    );
}

function pathsFor(blocks: readonly HttpMatch[]): string[] {
    const literal = blocks.flatMap(({ uri, headers = {} }) =>
        [uri, headers[":path"]].flatMap((path) => (path ? [sampleOf(path, ["/"])] : [])),
    );
    const folded = blocks.flatMap(({ uri, ignoreUriCase }) =>
        uri && ignoreUriCase ? [(uri.exact ?? uri.prefix ?? "/").toUpperCase().toLowerCase()] : [],
    );
    const all = ["/", ...literal, ...folded].filter((path) => path.startsWith("/"));
    const below = all.map((path) => `${path.replace(/\/$/, "")}/b`);
    return [...new Set([...all, ...below, "/of/which/no/rule/speaks"])];
}

/** The first wish as it is, and of the second what can be had beside it. */
function together(place: Place, path: string, first: Wish, second: Wish): KindOfRequest[] {
    const host = first.host ?? second.host ?? place.host;
    // Another name is another place; the same with a port is still this one.
    if (withoutPort(host) !== place.host) return [];
    const headers = { ...usual, ...second.headers, ...first.headers };
    const query = Object.entries({ ...second.query, ...first.query }).map(([name, value]) => `${name}=${value}`);
    const custom = Object.keys(headers).some((name) => !everybodysHeaders.test(name));
    const { caller } = place;
    const labels = { ...second.labels, ...first.labels };
    const inMesh = "namespace" in caller;
    const pod = inMesh ? { namespace: first.namespace ?? second.namespace ?? caller.namespace, labels } : caller;
    return [
        {
            host,
            path: query.length > 0 ? `${path}?${query.join("&")}` : path,
            method: first.method ?? second.method ?? "GET",
            headers,
            port: place.port,
            caller: pod,
            ...(place.tls ? { tls: true } : {}),
            ordinary: !custom && !(inMesh && (first.onPurpose || second.onPurpose)),
        },
    ];
}

function fits({ path, ignoreCase }: Wish, own: string): boolean {
    if (!path) return true;
    const fold = (text: string | undefined): string | undefined => (ignoreCase ? text?.toLowerCase() : text);
    const { exact, prefix, regex } = path;
    if (regex !== undefined) return textMatches({ regex }, own);
    return textMatches(
        { exact: fold(exact), prefix: fold(prefix ?? (exact === undefined ? "/" : undefined)) },
        fold(own) ?? "",
    );
}

/** Where a request comes from and which conditions it meets there. */
function signature(kind: KindOfRequest, asked: readonly { block: HttpMatch; match: RouteMatch }[]): string {
    const { host, port, caller, ordinary } = kind;
    const to = {
        port,
        ...("gateway" in caller ? { ...caller, namespace: "", labels: {} } : { ...caller, gateway: "mesh" }),
    };
    const met = asked.map(({ block, match }) => {
        // A gateway's own namespace and labels are the same for all that pass it.
        const meant = "gateway" in caller || isMeantFor(block, to);
        return meant && matches(match, kind) ? 1 : 0;
    });
    const who = "gateway" in caller ? caller.gateway : caller.namespace;
    return JSON.stringify([host, port, who, ordinary, met.join("")]);
}
