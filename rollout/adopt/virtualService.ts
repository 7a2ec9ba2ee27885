import type { Problem } from "../../components/traffic/split/problem";
import { fit, fullHost, serviceNamed } from "../../components/traffic/world/hosts";
import type { Placed } from "../../components/traffic/world/objects";
import { bodiesAt, type Body, isBody, numberAt, textAt, textsAt, valueAt } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { type Conversion, refused, type SplitArgs } from "./adoption";
import { routingOf } from "./limits";
import { optInsOf } from "./optIns";
import { versionsOf } from "./versions";

/**
 * The TrafficSplit that does what a VirtualService with its DestinationRule does, or every reason why there is none.
 *
 * @param world the cluster's: of it come the DestinationRule and the Service.
 */
export function fromVirtualService(routes: Placed, world: World): Conversion {
    const at = `VirtualService ${routes.name}: spec`;
    const http = bodiesAt(routes.body, "spec", "http");
    const tcp = bodiesAt(routes.body, "spec", "tcp");
    const all = tcp.length > 0 ? tcp : http;
    const list = tcp.length > 0 ? "tcp" : "http";
    const last = all.findIndex(takesAll);
    const shape = shapeProblems(routes, at, list, last);
    if (shape.length > 0) return refused(...shape);
    const rules = all.slice(0, last + 1);
    const { split, problems } = splitOf(rules, routes, `${at}.${list}[${last}]`);
    if (!split) return refused(...problems);
    const { subsets, problems: missing } = subsetsFor(split.host, routes, world);
    if (!subsets) return refused(...missing);
    const optIns = tcp.length > 0 ? { problems: [] } : optInsOf(rules.slice(0, -1), at);
    const limits = tcp.length > 0 ? { routing: { tcp: true }, problems: [] } : routingOf(rules, routes.namespace, at);
    const leadsTo = [
        ...Object.keys(split.weights),
        ...[optIns.canaryHeader?.to, optIns.canaryMatch?.to].flatMap((to) => to ?? []),
    ];
    const told = versionsOf(subsets, leadsTo);
    const found = [...optIns.problems, ...limits.problems, ...told.problems];
    if (found.length > 0) return refused(...found);
    const routing = { ...limits.routing, ...(optIns.canaryMatch && { canaryMatch: optIns.canaryMatch }) };
    const { versions } = told.args;
    const stable = stableOf(versions, split.weights);
    const name = nameOf(split.host);
    const args: SplitArgs = {
        namespace: routes.namespace,
        service: split.host,
        ...hostsOf(routes, split.host),
        ...told.args,
        weights: Object.fromEntries(versions.map((version) => [version, split.weights[version] ?? 0])),
        ...(optIns.canaryHeader && { canaryHeader: optIns.canaryHeader }),
        ...(Object.keys(routing).length > 0 && { routing }),
        ...(stable !== versions[0] && { step: { stable } }),
        routesName: routes.name,
        subsetsName: subsets.name,
    };
    return {
        problems: [],
        converted: {
            name,
            args,
            imports: [
                { kind: "DestinationRule", namespace: subsets.namespace, name: subsets.name },
                { kind: "VirtualService", namespace: routes.namespace, name: routes.name },
            ],
            leftOut: told.leftOut,
            notes:
                list === "http" && rules.some(({ retries }) => retries === undefined)
                    ? [
                          "retries: the live rules leave them to Istio, which tries twice again; the program says so as routing.retryAttempts: 2. " +
                              "Where meshConfig.defaultHttpRetryPolicy says another number, write that one.",
                      ]
                    : [],
        },
    };
}

/** Whether a rule takes every request that comes to it. */
export function takesAll(rule: Body): boolean {
    const blocks = bodiesAt(rule, "match");
    return blocks.length === 0 || blocks.some(isForAll);
}

/** Whether a block of conditions lets everything pass. */
export function isForAll(block: Body): boolean {
    const conditions = Object.entries(block).filter(
        ([field, value]) =>
            field !== "name" &&
            field !== "statPrefix" &&
            value !== undefined &&
            value !== false &&
            !(isBody(value) && Object.keys(value).length === 0) &&
            !(field === "uri" && textAt(value, "prefix") === "/"),
    );
    return conditions.length === 0;
}

function shapeProblems(routes: Placed, at: string, list: string, last: number): Problem[] {
    const { body, namespace, name } = routes;
    const edit = `kubectl -n ${namespace} edit virtualservice ${name}`;
    const lists = ["http", "tls", "tcp"].filter((one) => bodiesAt(body, "spec", one).length > 0);
    if (textsAt(body, "spec", "hosts").length === 0)
        return [
            {
                at: `${at}.hosts`,
                message: "names no host: it is a delegate, and others lead to it",
                fix: `adopt the VirtualService that delegates to it: kubectl get virtualservices -A -o yaml | grep -B 20 'name: ${name}'`,
            },
        ];
    if (lists.length === 0) return [{ at, message: "has no rules, and so nothing that could be split", fix: edit }];
    if (lists.length > 1 || lists[0] === "tls")
        return [
            {
                at: `${at}.${lists.find((one) => one !== "http") ?? "tls"}`,
                message: `has rules for ${lists.join(" and ")}; a TrafficSplit has them for http or for tcp alone`,
                fix: "leave it where it is, or give what else it routes a VirtualService of its own",
            },
        ];
    if (last < 0)
        return [
            {
                at: `${at}.${list}`,
                message:
                    "no rule takes what the others leave: those requests get 404 today, and a TrafficSplit would serve them",
                fix: `add a last rule without match: ${edit}`,
            },
        ];
    if (list === "tcp" && last > 0)
        return [
            {
                at: `${at}.tcp[0].match`,
                message: "splits connections by conditions, and a TrafficSplit has none for tcp",
                fix: "leave it where it is",
            },
        ];
    return [];
}

interface Split {
    readonly host: string;
    readonly weights: Record<string, number>;
}

/** Whom the last rule serves, in whole percent. */
function splitOf(rules: readonly Body[], routes: Placed, at: string): { split?: Split; problems: Problem[] } {
    const last = rules.at(-1) ?? {};
    const destinations = bodiesAt(last, "route").map((route, index, { length }) => ({
        at: `${at}.route[${index}]`,
        host: textAt(route, "destination", "host") ?? "",
        subset: textAt(route, "destination", "subset"),
        weight: numberAt(route, "weight") ?? (length === 1 ? 100 : 0),
    }));
    const other = ["redirect", "directResponse", "delegate"].find((field) => valueAt(last, field) !== undefined);
    if (destinations.length === 0 || other !== undefined)
        return {
            problems: [
                {
                    at: `${at}.${other ?? "route"}`,
                    message: "leads to no version: there is nothing to split",
                    fix: "leave it where it is",
                },
            ],
        };
    const [first] = destinations;
    const full = (host: string): string => fullHost(host, routes.namespace);
    const stray = destinations.find(({ host }) => full(host) !== full(first?.host ?? ""));
    if (stray) return { problems: [severalHosts(stray.at, first?.host ?? "", stray.host)] };
    const whole = destinations.find(({ subset }) => subset === undefined);
    if (whole)
        return {
            problems: [
                {
                    at: `${whole.at}.destination`,
                    message: `leads to all pods of ${whole.host}, whatever their version; a TrafficSplit leads to subsets`,
                    fix:
                        "nothing is split yet: take this VirtualService away once a TrafficSplit of the same Service stands beside it, " +
                        "or name a subset here and in a DestinationRule",
                },
            ],
        };
    const sum = destinations.reduce((total, { weight }) => total + weight, 0);
    const weights: Record<string, number> = {};
    for (const { subset = "", weight } of destinations)
        weights[subset] = (weights[subset] ?? 0) + (sum === 0 ? 0 : (100 * weight) / sum);
    const unfit = Object.entries(weights).find(([, weight]) => !Number.isInteger(weight));
    if (sum === 0 || unfit)
        return {
            problems: [
                {
                    at: `${at}.route`,
                    message: unfit
                        ? `gives ${unfit[0]} ${unfit[1]} % of the requests; a TrafficSplit has whole percents`
                        : "gives nobody any requests",
                    fix: `give whole percents that sum to 100: kubectl -n ${routes.namespace} edit virtualservice ${routes.name}`,
                },
            ],
        };
    return { split: { host: first?.host ?? "", weights }, problems: [] };
}

function severalHosts(at: string, first: string, other: string): Problem {
    return {
        at: `${at}.destination.host`,
        message:
            `splits between Services (${first} and ${other}); a TrafficSplit of several Services gives each request the header x-release, ` +
            "which its pods do not get today",
        fix: `lead to subsets of one Service that selects the pods of both, told apart by a label in a DestinationRule`,
    };
}

/** The one DestinationRule that has the host's subsets. */
function subsetsFor(host: string, routes: Placed, world: World): { subsets?: Placed; problems: Problem[] } {
    const name = fullHost(host, routes.namespace);
    const found = world.objects.filter(
        ({ kind, namespace, body }) =>
            kind === "DestinationRule" &&
            fit(fullHost(textAt(body, "spec", "host") ?? "", namespace), name) !== undefined &&
            bodiesAt(body, "spec", "subsets").length > 0,
    );
    const [subsets, second] = found;
    const at = `DestinationRules for ${host}`;
    if (!subsets)
        return {
            problems: [
                {
                    at,
                    message: "there is none with subsets, to which the routes lead: requests fail today",
                    fix: `kubectl get destinationrules -A, and adopt once there is one`,
                },
            ],
        };
    if (second)
        return {
            problems: [
                {
                    at,
                    message: `there are ${found.length} with subsets (${found.map((one) => `${one.namespace}/${one.name}`).join(", ")}); a TrafficSplit has one`,
                    fix: `put all subsets into ${subsets.namespace}/${subsets.name}, and take the others away`,
                },
            ],
        };
    if (
        subsets.namespace !== routes.namespace ||
        fullHost(textAt(subsets.body, "spec", "host") ?? "", subsets.namespace) !== name
    )
        return {
            problems: [
                {
                    at: `DestinationRule ${subsets.namespace}/${subsets.name}`,
                    message: `is ${subsets.namespace === routes.namespace ? "for a wildcard" : "in another namespace than the routes"}; a TrafficSplit has both for one host in one namespace`,
                    fix: `make one for ${host} in namespace ${routes.namespace}, then take this one away`,
                },
            ],
        };
    return { subsets, problems: [] };
}

/** Hosts and gateways, where they are not those of the Service's callers in the mesh. */
function hostsOf({ body, namespace }: Placed, host: string): Pick<SplitArgs, "hosts" | "gateways"> {
    const hosts = textsAt(body, "spec", "hosts");
    const gateways = textsAt(body, "spec", "gateways");
    const isOwn = hosts.length === 1 && fullHost(hosts[0] ?? "", namespace) === fullHost(host, namespace);
    return { ...(!isOwn && { hosts }), ...(gateways.length > 0 && { gateways }) };
}

/** What a service is called: its Service's own name. */
function nameOf(host: string): string {
    return serviceNamed(host)?.name ?? host.split(".")[0] ?? host;
}

/** The version that has most users; of several the first. */
function stableOf(versions: readonly string[], weights: Readonly<Record<string, number>>): string {
    return versions.reduce((most, one) => ((weights[one] ?? 0) > (weights[most] ?? 0) ? one : most), versions[0] ?? "");
}
