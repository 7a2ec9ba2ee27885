import { type Change as Effect, changesAt, changesBetween } from "../../components/traffic/effect/changes";
import { decideAt, routesAt } from "../../components/traffic/effect/decide";
import { effectOf, isServed } from "../../components/traffic/effect/effect";
import type { Place } from "../../components/traffic/effect/kind";
import { placeId, placesOf } from "../../components/traffic/effect/places";
import { reachOf } from "../../components/traffic/effect/reach";
import { namingOf, versionNamed } from "../../components/traffic/effect/versions";
import type { Step } from "../../components/traffic/judge/step";
import { grouped } from "../../components/traffic/world/grouped";
import { type World, workloadsBehind } from "../../components/traffic/world/world";
import { versionOfPods } from "../../components/traffic/world/workloads";
import { areSame, isChanged, keyOf } from "./compare";
import { partsOf } from "./who";

/** What a step does at one place: to most requests, to those that are told apart from them, and to what somebody else has done. */
export interface View {
    readonly service: string;
    readonly place: Place;
    /** What requests meet that nothing tells apart. */
    readonly main: Effect;
    /** Requests that meet something else, before or after. */
    readonly special: readonly Effect[];
    /** What the cluster has otherwise than it was applied, and this step changes. */
    readonly drift: readonly Effect[];
    /** Every version that has a share or may get one, by its name. */
    readonly versions: readonly string[];
    readonly isServed: { readonly before: boolean; readonly after: boolean };
    /** Why it can't be said who is served. */
    readonly unreadable: { readonly before?: string | undefined; readonly after?: string | undefined };
    readonly mirror: { readonly before?: Mirror | undefined; readonly after?: Mirror | undefined };
    /** All that is told apart here, for whoever judges it. */
    readonly effects: readonly Effect[];
}

/** A copy of requests, whose answers nobody gets. */
export interface Mirror {
    readonly to: string;
    readonly percent: number;
}

/**
 * A step by its places: those of services that it may be something to, and of others that are called the same.
 *
 * @param isWhole whether all is told also of all other places: which requests meet something else there.
 */
export function viewsOf(steps: readonly [Step, ...Step[]], isWhole = false): View[] {
    const [state, cluster] = steps;
    const { before, after } = state;
    const isMeant = isWhole ? () => true : reachOf(steps).hasName;
    const effects = byPlace([...changesAt(before, after, isMeant), ...firstServed(before, after)]);
    const live = byPlace(cluster ? changesAt(cluster.before, cluster.after, isMeant) : []);
    return [...effects].flatMap(([id, own]) => {
        const others = live.get(id) ?? [];
        const main = mainOf(own);
        if (!main) return [];
        const { place, service } = main;
        const versions = versionsOf([after, before], main);
        const served = { before: isServed(before, place), after: isServed(after, place) };
        const mirror = { before: mirrorOf(before, main), after: mirrorOf(after, main) };
        // Most places of a cluster stay as they are, and nothing is told of them.
        const isQuiet =
            !isWhole &&
            served.before === served.after &&
            JSON.stringify([mirror.before, main.marks.before]) === JSON.stringify([mirror.after, main.marks.after]) &&
            ![...own, ...others].some(isChanged);
        return [
            {
                service,
                place,
                main,
                special: isQuiet
                    ? []
                    : toldApart(own, main).filter((one) => one !== main && isOfService(one, versions)),
                drift: isQuiet ? [] : driftOf(own, others),
                versions,
                isServed: served,
                unreadable: { before: whyUnreadable(before, place), after: whyUnreadable(after, place) },
                mirror,
                effects: own,
            },
        ];
    });
}

/** What is served for the first time: by routes, or where a release declares itself. A Service alone says nothing of versions. */
function firstServed(before: World, after: World): Effect[] {
    if (placesOf([after]).every((place) => isServed(before, place))) return [];
    return changesBetween(after, after)
        .filter(({ place, marks }) => {
            const isTold = routesAt(after, place).length > 0 || Object.keys(marks.after).length > 0;
            return isTold && !isServed(before, place);
        })
        .map((effect) => ({ ...effect, before: [], marks: { before: {}, after: effect.marks.after } }));
}

/** Requests that meet no condition; where these are for nobody, as at an edge that has paths alone, the first that are served. */
function mainOf(effects: readonly Effect[]): Effect | undefined {
    const users = effects.filter(({ isOptIn, via }) => !isOptIn && via === undefined);
    const bare = users.find((one) => partsOf(one).length === 0);
    if (bare && !isNobodys(bare)) return bare;
    const served = users.filter((one) => !isNobodys(one));
    return served.find(isChanged) ?? served[0] ?? bare ?? users[0] ?? effects[0];
}

/** Whether no version answers, before and after. */
function isNobodys({ before, after }: Effect): boolean {
    return [...before, ...after].every(({ outcome }) => outcome.fails) && areSame(before, after);
}

/** Whether requests are the service's at all: an edge has paths that lead elsewhere, of which nothing is said while they stay. */
function isOfService(effect: Effect, versions: readonly string[]): boolean {
    if (isNobodys(effect)) return false;
    return isChanged(effect) || effect.after.some(({ outcome }) => versions.includes(outcome.name));
}

/** Of all kinds of requests those that meet something else than the wider kind that they are a part of. */
function toldApart(effects: readonly Effect[], main: Effect): Effect[] {
    const sorted = effects
        .map((effect) => ({ effect, parts: effect === main ? [] : partsOf(effect) }))
        .sort((one, other) => one.parts.length - other.parts.length);
    const kept: typeof sorted = [];
    for (const one of sorted) {
        const wider = kept.filter(({ parts }) => parts.every((part) => one.parts.includes(part)));
        const most = Math.max(...wider.map(({ parts }) => parts.length));
        const nearest = wider.filter(({ parts }) => parts.length === most);
        if (!nearest.some(({ effect }) => isLike(effect, one.effect))) kept.push(one);
    }
    return kept.map(({ effect }) => effect);
}

function isLike(one: Effect, other: Effect): boolean {
    return areSame(one.before, other.before) && areSame(one.after, other.after);
}

/** What changes for users of the cluster and is no part of the step: somebody else has written what the step writes anew. */
function driftOf(effects: readonly Effect[], live: readonly Effect[]): Effect[] {
    const known = new Map(effects.map((effect) => [keyOf(effect), effect]));
    const [main, applied] = [mainOf(live), mainOf(effects)];
    if (!main) return [];
    // Requests that only somebody else's rules tell apart were like all others as it was applied.
    return toldApart(live, main).filter((one) => {
        const same = known.get(keyOf(one)) ?? applied;
        return isChanged(one) && !(same && areSame(same.before, one.before));
    });
}

/** The versions that a rule may lead to, whatever their share; where none decides, those behind the Service. */
function versionsOf(worlds: readonly World[], { place, kind }: Effect): string[] {
    const names = worlds.flatMap((world) => {
        const routes = routesAt(world, place);
        const { rule } = decideAt(world, place, kind);
        const owner = routes.find((one) => rule && (one.rules[place.protocol] ?? []).includes(rule));
        if (rule && owner) return (rule.route ?? []).map((one) => versionNamed(one, rule, namingOf(owner)));
        return routes.length > 0 ? [] : workloadsBehind(world, place.host).map(versionOfPods);
    });
    const served = worlds.flatMap((world) => effectOf(world, place, kind)).filter(({ outcome }) => !outcome.fails);
    return [...new Set([...names, ...served.map(({ outcome }) => outcome.name)])];
}

function whyUnreadable(world: World, place: Place): string | undefined {
    return routesAt(world, place).find(({ unreadable }) => unreadable !== undefined)?.unreadable;
}

function mirrorOf(world: World, { place, kind }: Effect): Mirror | undefined {
    const { rule } = decideAt(world, place, kind);
    const owner = routesAt(world, place).find((one) => rule && (one.rules[place.protocol] ?? []).includes(rule));
    if (!rule?.mirror || !owner) return undefined;
    const to = versionNamed({ destination: rule.mirror }, rule, namingOf(owner));
    return { to, percent: rule.mirrorPercentage?.value ?? 100 };
}

function byPlace(effects: readonly Effect[]): Map<string, Effect[]> {
    return grouped(effects.map((effect) => [placeId(effect.place), effect]));
}
