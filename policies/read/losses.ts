import { type Change, changesBetween } from "../../components/traffic/effect/changes";
import { routesAt } from "../../components/traffic/effect/decide";
import { effectOf } from "../../components/traffic/effect/effect";
import type { Outcome } from "../../components/traffic/effect/share";
import { serviceId, sharedNames, titleOf } from "../../components/traffic/effect/names";
import { isLetGo } from "../../components/traffic/judge/removal";
import { round } from "../../components/traffic/judge/words";
import { fullHost, hostOfService, serviceNamed, shortHost } from "../../components/traffic/world/hosts";
import { firstsBy } from "../../components/traffic/world/grouped";
import { once } from "../../components/traffic/world/once";
import { canonical, identityOf, type Placed } from "../../components/traffic/world/objects";
import { reading, type ServiceObject, subsetOf, type World } from "../../components/traffic/world/world";
import { isWorkload, podLabels, replicasOf } from "../../components/traffic/world/workloads";
import { bodiesAt, type Body, mapAt, textAt, valueAt } from "./object";

/** A version that serves, and whose pods routes would not reach any more. */
export interface Loss {
    readonly service: string;
    readonly version: string;
    readonly message: string;
}

const wayOut = "take its traffic away in a step before";

/**
 * Versions that serve in what is applied and whose pods a step takes from under their routes: what the routes that are there now
 * would lead to, if everything but them were as it is proposed. So it does not matter by what it comes: pods that are removed, scaled
 * to 0 or relabelled, a subset, a selector, a Service. Pods behind a Service without routes stand in for each other; there the last
 * ones count alone.
 *
 * @param removed services and groups whose routes are taken away on purpose.
 */
export function lossesIn(before: World, after: World, removed: readonly string[]): Loss[] {
    const isRoutes = ({ kind }: Placed): boolean => kind === "VirtualService";
    const there = new Map(after.objects.map((one) => [identityOf(one), one]));
    const isKept = (one: Placed): boolean => {
        const next = there.get(identityOf(one));
        return next !== undefined && (next === one || canonical(next.body.spec) === canonical(one.body.spec));
    };
    // Most steps change routes alone.
    if (before.objects.every((one) => isRoutes(one) || isKept(one))) return [];
    const underway: World = {
        objects: [...before.objects.filter(isRoutes), ...after.objects.filter((one) => !isRoutes(one))],
        isWhole: after.isWhole,
    };
    const losses = new Map<string, Loss>();
    const changes = changesBetween(before, underway).filter(
        (change) => change.via === undefined && !isLetGo(change, before, after, removed),
    );
    const shared = sharedNames(changes);
    // Of users first: where testers reach a version too, its share says more.
    for (const change of [...changes].sort((one, other) => Number(one.isOptIn) - Number(other.isOptIn))) {
        if (!isAddressed(after, change)) continue;
        const next = effectOf(underway, change.place, change.kind).map(({ outcome }) => outcome);
        for (const { outcome, percent } of effectOf(before, change.place, change.kind)) {
            const key = `${serviceId(change)} ${outcome.pods?.workload}`;
            if (!outcome.pods || percent === 0 || losses.has(key)) continue;
            const why = whyLost(change, outcome, next, before, after);
            const serves = change.isOptIn ? "serves testers" : `serves ${round(percent)} %`;
            const service = titleOf(change, shared);
            const message = `${service}: ${outcome.name} ${serves}${why?.startsWith("is ") ? "" : ","} and ${why}; ${wayOut}`;
            if (why) losses.set(key, { service, version: outcome.name, message });
        }
    }
    return [...losses.values()];
}

/** Where callers have nothing left to address, nobody is cut off by a version: that is the judge's. */
function isAddressed(after: World, { place }: Change): boolean {
    const service = serviceNamed(place.host);
    return routesAt(after, place).length > 0 || (service !== undefined && serviceOf(after, service) !== undefined);
}

function whyLost(
    { place }: Change,
    { pods, at }: Outcome,
    next: readonly Outcome[],
    before: World,
    after: World,
): string | undefined {
    const [was, is] = [before, after].map((world) => workloadNamed(world, pods?.workload ?? ""));
    if (!was) return undefined;
    const title = `${was.kind} ${was.name}`;
    const replaced = is && whyReplaced(was, is);
    if (replaced && replicasOf(was) > 0)
        return `is replaced, because its ${replaced} changes: its pods would all be gone for a while`;
    const isRouted = routesAt(before, place).length > 0;
    const stays = next.some((one) => one.pods && (!isRouted || one.pods.workload === pods?.workload));
    if (stays && !(is && replicasOf(is) === 0 && isRouted)) return undefined;
    if (!is) {
        const renamed = after.objects.find((one) => isWorkload(one) && one.urn && one.urn === was.urn);
        return renamed
            ? `is replaced, because its name changes: its pods would all be gone for a while`
            : `${title} is removed`;
    }
    if (replicasOf(is) === 0)
        return replicasOf(was) > 0 ? `is scaled ${replicasOf(was)} → 0; at least 1 pod while it serves` : undefined;
    return whyUnreached(at, was, is, before, after);
}

/** Why routes do not lead to pods any more that are still there. */
function whyUnreached(at: string, was: Placed, is: Placed, before: World, after: World): string {
    const [host = ""] = at.split(" ");
    const named = serviceNamed(host);
    const [selected, selects] = [before, after].map((world) => named && serviceOf(world, named)?.selector);
    if (!selects) return `Service ${named?.name}, by which it is reached, is removed`;
    const [from, to] = [podLabels(was), podLabels(is)];
    if (canonical(from) !== canonical(to)) {
        const lost = Object.entries(from).filter(([label, value]) => to[label] !== value);
        return `is relabelled: its pods lose ${labelsInWords(Object.fromEntries(lost))}`;
    }
    if (canonical(selected) !== canonical(selects))
        return `Service ${named?.name} does not select it any more: it asks for ${labelsInWords(selects)}`;
    return whySubset(host, at, before, after);
}

/** What became of the subset by which pods were reached. */
function whySubset(host: string, at: string, before: World, after: World): string {
    const holder = before.objects.find((one) => one.kind === "DestinationRule" && subsetAt(one, host, at));
    const subset = holder && subsetAt(holder, host, at);
    const name = textAt(subset, "name") ?? "";
    const next = subsetOf(after, host, name);
    if (!holder || !after.objects.some((one) => identityOf(one) === identityOf(holder)))
        return `DestinationRule ${holder?.name ?? `for ${shortHost(host)}`}, by which it is reached, is removed`;
    if (!next) return `its subset is removed from ${holder.name}`;
    const [from, to] = [mapAt(subset, "labels"), next.labels ?? {}].map(labelsInWords);
    return `its subset is relabelled ${from} → ${to}; a subset's labels stay as they are: make a new subset and move the traffic there`;
}

/** The subset of a rule that an outcome is sent to. */
function subsetAt({ body, namespace }: Placed, host: string, at: string): Body | undefined {
    if (fullHost(textAt(body, "spec", "host") ?? "", namespace) !== host) return undefined;
    return bodiesAt(body, "spec", "subsets").find(
        (one) => `${host} ${JSON.stringify(Object.entries(mapAt(one, "labels")).sort())}` === at,
    );
}

/** What of an object can't be changed in place, so that Kubernetes makes it anew. */
function whyReplaced(was: Placed, is: Placed): string | undefined {
    const [from, to] = [was, is].map(({ body }) => canonical(valueAt(body, "spec", "selector", "matchLabels")));
    return from === to ? undefined : "selector";
}

function workloadNamed(world: World, id: string): Placed | undefined {
    return workloadsIn(world).get(id);
}

const workloadsIn = once(
    ({ objects }: World) => new Map(firstsBy(objects.filter(isWorkload), idOf).map((one) => [idOf(one), one])),
);

function idOf({ namespace, name }: Placed): string {
    return `${namespace}/${name}`;
}

function serviceOf(world: World, named: Parameters<typeof hostOfService>[0]): ServiceObject | undefined {
    return reading(world).services.get(hostOfService(named));
}

function labelsInWords(labels: Readonly<Record<string, string>>): string {
    const words = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    return words.sort().join(", ") || "no labels";
}
