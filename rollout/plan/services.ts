import { routesAt } from "../../components/traffic/effect/decide";
import type { Step as JudgedStep } from "../../components/traffic/judge/step";
import { yardstickOf } from "../../components/traffic/judge/limits";
import { stableOf } from "../../components/traffic/judge/stable";
import type { VersionName } from "../../components/traffic/split/weights";
import { firstsBy, grouped } from "../../components/traffic/world/grouped";
import { serviceNamed, shortName } from "../../components/traffic/world/hosts";
import type { World } from "../../components/traffic/world/world";
import { workloadsBehind } from "../../components/traffic/world/world";
import { areSame, isChanged, isOfSameRequests, newCodeOf } from "./compare";
import type { Routes, ServicePlan, SpecialRule, SplitBy, Step } from "./model";
import { rollbackOf } from "./rollback";
import { codeSentences, driftSentence, markWords, specialOf, weightsOf } from "./rows";
import { stepOf } from "./step";
import { type View, viewsOf } from "./views";
import type { HeaderNames } from "./who";
import { sentences, shares, type Special } from "./words";

/** The services whose users meet something else after a step, each with what that means. */
export function servicePlans(steps: readonly [JudgedStep, ...JudgedStep[]], names: HeaderNames): ServicePlan[] {
    const [{ before, after }] = steps;
    const views = viewsOf(steps);
    const called = grouped(views.map((view) => [view.service, view]));
    const plans = views
        .filter((view) => moves(view, before))
        .map((view) => ({
            ...planOf(view, { before, after, names }),
            ...placeOf(view, called.get(view.service) ?? []),
        }));
    return firstsBy(plans, (one) => JSON.stringify(one)).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/** A service that routes or marks tell of, and who serves it. */
export interface Served {
    readonly service: string;
    /** What tells it from another that is called the same: `in stage`. */
    readonly at?: string;
    readonly by: SplitBy;
    readonly place: View["place"];
    /** The version that a rollback returns to. */
    readonly stable: VersionName;
    readonly routes: Routes;
    /** Why it can't be said who serves it. */
    readonly unknown?: string;
    /** Whether it is declared as a release: its routes, or its Service, carry marks. */
    readonly isMarked: boolean;
}

/** Who serves in a world, for each service that routes or marks tell of, in the order of their names. */
export function servedIn(world: World, names: HeaderNames): Served[] {
    const told = viewsOf([{ readFrom: "state", before: world, after: world }], true).filter(
        ({ place, main }) => routesAt(world, place).length > 0 || main.marks.before.service !== undefined,
    );
    const called = grouped(told.map((view) => [view.service, view]));
    const served = told.map((view): Served => {
        const { service, place, main, effects, unreadable } = view;
        return {
            service,
            ...placeOf(view, called.get(service) ?? []),
            by: routesAt(world, place).length > 0 ? "mesh" : "pods",
            place,
            stable: stableOf(effects, { before: world, after: world }).name,
            routes: routesOf("before", view, specialOf(view, names)),
            ...(unreadable.before !== undefined && { unknown: unreadable.before }),
            isMarked: main.marks.before.service !== undefined,
        };
    });
    return firstsBy(served, keyOf).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/** Who serves in a world: of each service that routes or marks tell of, its shares in words. */
export function servingIn(world: World): Record<string, string> {
    const served = servedIn(world, new Map());
    return Object.fromEntries(served.map((one) => [keyOf(one), shares(one.routes.weights)]));
}

function keyOf({ service, at }: Pick<ServicePlan, "service" | "at">): string {
    return at === undefined ? service : `${service} ${at}`;
}

/** Whether anybody meets something else at a place, or is to be told of a mark that moves. */
function moves(view: View, before: World): boolean {
    const { effects, drift, isServed, mirror, main } = view;
    return (
        effects.some((effect) => isChanged(effect) || newCodeOf(effect, before).length > 0) ||
        drift.length > 0 ||
        isServed.before !== isServed.after ||
        JSON.stringify(mirror.before) !== JSON.stringify(mirror.after) ||
        markWords(main).length > 0
    );
}

interface Around {
    readonly before: World;
    readonly after: World;
    readonly names: HeaderNames;
}

function planOf(view: View, { before, after, names }: Around): ServicePlan {
    const { service, main, isServed, unreadable, drift } = view;
    const unknown = unreadable.after ?? unreadable.before;
    if (unknown !== undefined) return notKnown(view, unknown);
    const by: SplitBy = [before, after].some((world) => routesAt(world, view.place).length > 0) ? "mesh" : "pods";
    const special = specialOf(view, names);
    const applied = isServed.before ? routesOf("before", view, special) : undefined;
    const proposed = isServed.after ? routesOf("after", view, special) : undefined;
    const stable = applied
        ? stableOf(view.effects, { before, after }).name
        : (main.marks.after.stable ?? mostServed(proposed));
    const newCode = [...new Set(view.effects.flatMap((effect) => newCodeOf(effect, before)))];
    const taken = drift.find((effect) => isOfSameRequests(effect, main));
    const live = taken && weightsOf(taken.before, view);
    const pods = by === "pods" ? workloadsBehind(after, view.place.host).reduce((sum, one) => sum + one.pods, 0) : 0;
    const step = stepOf({
        applied: applied?.weights,
        proposed: proposed?.weights,
        stable,
        // Where no release is declared, nobody counts its steps.
        maxRaise: main.marks.before.stable === undefined ? undefined : yardstickOf(main.marks.before, {}).maxRaise,
        pods,
    });
    const words = [
        ...drift.map((effect) => driftSentence(effect, view, names)),
        ...sentences({ service, by, applied, proposed, special }),
        ...codeSentences(view, newCode),
        ...markWords(main),
    ];
    const back = main.marks.after.stable ?? stable;
    const rollback = proposed && rollbackOf(main.marks.after.service, back, proposed.weights);
    return {
        service,
        by,
        stable,
        ...(applied && { applied }),
        ...(proposed && { proposed }),
        ...(live && JSON.stringify(live) !== JSON.stringify(applied?.weights) && { live }),
        step: step.kind === "routes" ? otherStep(view, step, newCode) : step,
        words,
        ...(rollback && { rollback }),
    };
}

/** Of routes that can't be read nothing is told but why: whatever stood there could be wrong. */
function notKnown(view: View, why: string): ServicePlan {
    const { service, main, isServed, unreadable } = view;
    const isKnown = isServed.before && unreadable.before === undefined;
    return {
        service,
        by: "mesh",
        stable: main.marks.before.stable ?? main.marks.after.stable ?? "",
        ...(isKnown && { applied: routesOf("before", view, []) }),
        unknown: why,
        step: { kind: "unknown", words: "not known" },
        words: [`Who would be served by what is not known: ${why}.`],
    };
}

/** What moves users where their shares stay. */
function otherStep({ main, special, drift }: View, step: Step, newCode: readonly string[]): Step {
    const via = special.filter(isChanged).find((effect) => effect.via !== undefined)?.via;
    const code = newCode.filter((name) => main.after.some(({ outcome }) => outcome.name === name));
    if (code.length > 0) return { kind: "code", words: `new code of ${code.join(" and ")}` };
    if (drift.length > 0) return { kind: "drift", words: "what somebody else has changed is taken back" };
    if (via !== undefined) return { kind: "via", words: `moves with ${via}` };
    const areUsers = special.some((effect) => !effect.isOptIn && isChanged(effect));
    return areUsers ? { kind: "some", words: "some requests move" } : step;
}

function routesOf(side: "before" | "after", view: View, special: readonly Special[]): Routes {
    const mirror = view.mirror[side];
    const rules = special.flatMap(({ who, from, to }): SpecialRule[] => {
        const target = side === "before" ? from : to;
        return target === undefined ? [] : [{ who, to: target }];
    });
    return { weights: weightsOf(view.main[side], view), special: rules, ...(mirror && { mirror }) };
}

function mostServed(routes: Routes | undefined): VersionName {
    return Object.entries(routes?.weights ?? {}).sort(([, one], [, other]) => other - one)[0]?.[0] ?? "";
}

/**
 * What tells a place from others that are called the same and serve otherwise.
 *
 * @param called all that are called the same.
 */
function placeOf({ place, main }: View, called: readonly View[]): { at?: string } {
    const others = called.filter(
        (one) => !(areSame(one.main.before, main.before) && areSame(one.main.after, main.after)) && one.place !== place,
    );
    const differ = (of: (place: View["place"]) => string | undefined): boolean =>
        others.some((one) => of(one.place) !== of(place));
    const namespace = (one: View["place"]): string | undefined => serviceNamed(one.host)?.namespace;
    const parts = [
        ...(differ(({ entry }) => entry) ? [place.entry === "mesh" ? "in the mesh" : `at ${place.entry}`] : []),
        ...(namespace(place) && differ(namespace) ? [`in ${namespace(place)}`] : []),
        ...(differ(({ host }) => host) && !namespace(place) ? [`for ${shortName(place.host)}`] : []),
        ...(differ(({ protocol }) => protocol) ? [`by ${place.protocol}`] : []),
        ...(place.from !== undefined && differ(({ from }) => from)
            ? [place.from === "*" ? "from other namespaces" : `from ${place.from}`]
            : []),
    ];
    return parts.length > 0 ? { at: parts.join(" ") } : {};
}
