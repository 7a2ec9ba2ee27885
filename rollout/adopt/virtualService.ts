import { fullHost, serviceNamed } from "../../components/traffic/world/hosts";
import { canonical, type Placed } from "../../components/traffic/world/objects";
import { bodiesAt, type Body, bodyAt, mapAt, textsAt } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { type Conversion, type Kept, type KeptMetadata, type LiveSplit, refused, type SplitArgs } from "./adoption";
import { bySelectors } from "./bySelectors";
import { subsetsOf } from "./destinationRule";
import { routingOf } from "./limits";
import { optInsOf } from "./optIns";
import { shapeProblems, splitOf, takesAll } from "./shape";
import { versionsOf } from "./versions";

/**
 * The TrafficSplit that does what a VirtualService with its DestinationRule does, or every reason why there is none. Routes between
 * several Services become subsets of the one that callers address, where that selects the pods of all of them.
 *
 * @param world the cluster's: of it come the DestinationRule and the Services.
 */
export function fromVirtualService(routes: Placed, world: World): Conversion {
    const between = bySelectors(routes, world);
    if (between.problems.length > 0) return refused(...between.problems);
    return fromSplit(between.split ?? { routes }, world);
}

/** The same of routes whose DestinationRule is the cluster's, or is yet to be made. */
export function fromSplit({ routes, subsets: given }: LiveSplit, world: World): Conversion {
    const at = `VirtualService ${routes.name}: spec`;
    const isTcp = bodiesAt(routes.body, "spec", "tcp").length > 0;
    const list = isTcp ? "tcp" : "http";
    const all = bodiesAt(routes.body, "spec", list);
    const last = all.findIndex(takesAll);
    const shape = shapeProblems(routes, at, list, last);
    if (shape.length > 0) return refused(...shape);
    const rules = all.slice(0, last + 1);
    const { split, problems } = splitOf(rules, routes, `${at}.${list}[${last}]`);
    if (!split) return refused(...problems);
    const found = given ? { subsets: given, problems: [] } : subsetsOf(split.host, routes, world);
    const { subsets } = found;
    if (!subsets) return refused(...found.problems);
    const optIns = isTcp ? { problems: [] } : optInsOf(rules.slice(0, -1), at);
    const limits = isTcp ? { routing: { tcp: true }, problems: [] } : routingOf(rules, routes.namespace, at);
    const served = Object.entries(split.weights).flatMap(([version, weight]) => (weight > 0 ? [version] : []));
    const asked = [optIns.canaryHeader?.to, optIns.canaryMatch?.to].flatMap((to) => to ?? []);
    const told = versionsOf(subsets, [...new Set([...served, ...asked])]);
    const unfit = [...optIns.problems, ...limits.problems, ...told.problems];
    if (unfit.length > 0) return refused(...unfit);
    const routing = { ...limits.routing, ...(optIns.canaryMatch && { canaryMatch: optIns.canaryMatch }) };
    const { versions } = told.args;
    const stable = stableOf(versions, split.weights);
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
            name: nameOf(split.host),
            args,
            imports: [
                ...(given
                    ? []
                    : [{ kind: "DestinationRule" as const, namespace: subsets.namespace, name: subsets.name }]),
                { kind: "VirtualService", namespace: routes.namespace, name: routes.name },
            ],
            compared: { routes, subsets },
            leftOut: told.leftOut,
            kept: keptOf(routes, subsets, isTcp ? [] : rules),
            notes: !isTcp && rules.some(({ retries }) => retries === undefined) ? [retriesNote] : [],
        },
    };
}

/** The guard reads none of these: they may be laid over what is proposed to it. */
function keptOf(routes: Placed, subsets: Placed, rules: readonly Body[]): Kept {
    const policy = bodyAt(subsets.body, "spec", "trafficPolicy");
    const [first = {}, ...others] = rules;
    const same = ["retries", "corsPolicy"].filter(
        (field) =>
            first[field] !== undefined && others.every((one) => canonical(one[field]) === canonical(first[field])),
    );
    // How often is an argument of the TrafficSplit; when, and for how long, is not.
    const own = same.filter(
        (field) => field !== "retries" || Object.keys(bodyAt(first, "retries")).some((key) => key !== "attempts"),
    );
    const [routesMetadata, subsetsMetadata] = [metadataOf(routes), metadataOf(subsets)];
    return {
        ...(Object.keys(policy).length > 0 && { trafficPolicy: policy }),
        ...(own.length > 0 && { rules: Object.fromEntries(own.map((field) => [field, first[field]])) }),
        ...(Object.keys(routesMetadata).length > 0 && { routesMetadata }),
        ...(Object.keys(subsetsMetadata).length > 0 && { subsetsMetadata }),
    };
}

/** The first update would take away what kubectl has written: external-dns would lose its address, and Istio its revision. */
function metadataOf({ body }: Placed): KeptMetadata {
    const fields = (["labels", "annotations"] as const).map((field) => {
        const all = Object.entries(mapAt(body, "metadata", field));
        return [field, Object.fromEntries(all.filter(([key]) => !writersNote.test(key)))] as const;
    });
    return Object.fromEntries(fields.filter(([, own]) => Object.keys(own).length > 0));
}

/** What kubectl, Pulumi or upshift notes for itself, and writes anew. */
const writersNote = /^(kubectl\.kubernetes\.io|pulumi\.com|upshift\.dev)\//;

const retriesNote =
    "retries: the live rules leave them to Istio, which tries twice again; the program says so as routing.retryAttempts: 2. " +
    "Where meshConfig.defaultHttpRetryPolicy says another number, write that one.";

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

/** The version that has most users, which a rollback returns to; of several the first. */
export function stableOf(versions: readonly string[], weights: Readonly<Record<string, number>>): string {
    return versions.reduce((most, one) => ((weights[one] ?? 0) > (weights[most] ?? 0) ? one : most), versions[0] ?? "");
}
