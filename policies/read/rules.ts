import { decideBy } from "../../components/traffic/effect/decide";
import type { Kind, Place } from "../../components/traffic/effect/kind";
import { anyRequest, isOptIn } from "../../components/traffic/effect/kinds";
import { judge } from "../../components/traffic/effect/matching";
import { narrowed } from "../../components/traffic/effect/narrowing";
import { destinationShares } from "../../components/traffic/effect/outcome";
import { sendersOf } from "../../components/traffic/effect/senders";
import { namingOf, versionNamed } from "../../components/traffic/effect/versions";
import { once } from "../../components/traffic/world/once";
import { fullHost, shortHost } from "../../components/traffic/world/hosts";
import { protocols, type Routes, routesIn, type Rule } from "../../components/traffic/world/virtualServices";
import { reading, subsetOf, type World, workloadsBehind } from "../../components/traffic/world/world";
import type { Workload } from "../../components/traffic/world/workloads";
import type { KubeObject } from "./object";
import { worldOf } from "./world";

/** Where a rule leads. */
export interface Destination {
    /** Full host name. */
    readonly host: string;
    readonly subset?: string | undefined;
    /** How a step names it. */
    readonly version: string;
    /** Percent of the rule's requests. */
    readonly share: number;
}

/** The routes of one VirtualService, without those that it delegates to; none where it is a delegate itself. */
export const routesOf = once((object: KubeObject): Routes | undefined => routesIn([object])[0]);

/** The same with those that it delegates to. */
export function routesAmong(object: KubeObject, others: readonly KubeObject[]): Routes | undefined {
    return byId(worldOf(others)).get(`${object.namespace}/${object.name}`);
}

const byId = once((world: World) => new Map(reading(world).routes.map((routes) => [routes.id, routes])));

/** All rules of routes, whatever tells their requests apart; none where they can't be read. */
export function rulesIn(routes: Routes): Rule[] {
    return protocols.flatMap((protocol) => routes.rules[protocol] ?? []);
}

/** How messages call routes: by their first host. */
export function titleOf({ hosts }: Routes): string {
    return shortHost(hosts[0] ?? "");
}

/** Where a rule leads. A redirect, or an answer of the proxy, leads nowhere. */
export function destinationsOf(rule: Rule, routes: Routes): Destination[] {
    const shares = destinationShares(rule);
    return (rule.route ?? []).map((one, index) => ({
        host: fullHost(one.destination.host, rule.namespace),
        subset: one.destination.subset,
        version: versionNamed(one, rule, namingOf(routes)),
        share: shares[index] ?? 0,
    }));
}

/** The workloads behind a destination; undefined where it names a subset that is not there. */
export function workloadsAt(
    world: World,
    { host, subset }: Pick<Destination, "host" | "subset">,
): readonly Workload[] | undefined {
    const found = subset === undefined ? undefined : subsetOf(world, host, subset);
    if (subset !== undefined && !found) return undefined;
    return workloadsBehind(world, host, found?.labels);
}

/** The places at which the http rules of routes hold. */
export function placesIn({ hosts, entries }: Routes): Place[] {
    return hosts.flatMap((host) => entries.map((entry): Place => ({ host, entry, protocol: "http" })));
}

/** Whether a rule takes every request that reaches it, at each place of its routes. */
export function takesAll({ match = [] }: Rule, routes: Routes): boolean {
    return (
        match.length === 0 ||
        placesIn(routes).every((place) =>
            match.some((block) => !block.withoutHeaders && judge(block, anyRequest(place)).holds),
        )
    );
}

/** The requests that a rule is for; undefined for those of callers elsewhere. */
export function kindsFor({ match = [] }: Rule, place: Place): Kind[] {
    return match.flatMap((block) => narrowed(anyRequest(place), block) ?? []);
}

/** Whether a rule is met only by who asks for it: testers. */
export function isForTesters(rule: Rule, routes: Routes, object: KubeObject): boolean {
    const senders = sendersOf([{ objects: [object], isWhole: false }]);
    const kinds = placesIn(routes).flatMap((place) => kindsFor(rule, place));
    return kinds.length > 0 && kinds.every((kind) => isOptIn(kind, senders));
}

/** The rule of several that a kind of request meets without its headers: as whoever is no tester. */
export function metByOthers(rules: readonly Rule[], kind: Kind): Rule | undefined {
    return decideBy(rules, { ...kind, headers: {} }).rule;
}
