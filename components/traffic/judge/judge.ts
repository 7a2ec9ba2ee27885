import { type Change, changesAt } from "../effect/changes";
import { type Named, sharedNames } from "../effect/names";
import { placeId } from "../effect/places";
import { type Reach, reachOf } from "../effect/reach";
import { firstsBy } from "../world/grouped";
import type { Finding } from "./findings";
import { gradualFindings, isTooLarge } from "./gradual";
import { isRemoved, type StepLimits } from "./limits";
import { noEffects } from "./noEffect";
import { removalsOf } from "./removal";
import { type ServiceStep, serviceSteps } from "./serviceSteps";
import { stableMoved, stableUnserved } from "./stableSteps";
import { isDeclaredSwitch, switchFindings } from "./switches";
import type { Step } from "./step";
import { unreadableFindings } from "./unreadable";

/** What is to be said of a step. */
export interface Judgement {
    /** Every reason why it may not go ahead, not only the first; empty when it may. */
    readonly findings: readonly Finding[];
    /** What each kind of request of services that the step may be something to meets before and after, as the last of the views has it. */
    readonly changes: readonly Change[];
    /** All services that anybody is served by, of others, too. */
    readonly services: readonly Named[];
}

/**
 * Judges a step by what it does to users: for every kind of request, how far does the share of each outcome rise?
 *
 * The largest rise counts, of whatever view of what is applied. Moves to the stable version are always allowed, at once: nobody
 * should need a permit to get back to safety. A place where nobody is served yet is deployed for the first time, and that is no
 * step. What is stable, and how far a step may go, is what was applied before it.
 *
 * @param steps the same step, over each view of what is applied.
 */
export function judge(steps: readonly Step[], limits: StepLimits): Judgement {
    const views: View[] = [];
    const reach = reachOf(steps);
    for (const step of steps) views.push(viewOf(step, limits, reach, byPlace(views[0]?.changes ?? [])));
    const findings = [
        ...views.flatMap(({ findings }) => findings),
        ...switchesOf(views, limits),
        ...gradualFindings(
            views.flatMap(({ services, step }) => services.map((one) => ({ ...one, step }))),
            limits,
        ),
    ];
    const { services } = reach;
    const changes = views.at(-1)?.changes ?? [];
    return { findings: withNeededNamespaces(distinct(findings), services), changes, services };
}

/** A step over one view. */
interface View {
    readonly step: Step;
    readonly changes: readonly Change[];
    readonly services: readonly ServiceStep[];
    /** What can be said without the other views. */
    readonly findings: readonly Finding[];
}

/** A change of each place, which says what was declared there before a step, and whose it is. */
type Applied = ReadonlyMap<string, Change>;

function byPlace(changes: readonly Change[]): Applied {
    return new Map(changes.map((change) => [placeId(change.place), change]));
}

function viewOf(step: Step, limits: StepLimits, { has }: Reach, first: Applied): View {
    const { before, after } = step;
    const all = changesAt(before, after, has)
        .map((change) => asApplied(change, first))
        .filter((change) => !isRemoved(change, limits));
    const unreadable = unreadableFindings(all, step);
    const hidden = new Set(unreadable.places);
    const changes = all.filter(({ place }) => !hidden.has(placeId(place)));
    const services = serviceSteps(changes, step, limits);
    const unserved = services.map((one) => (one.raises.length > 0 ? stableUnserved(one) : []));
    return {
        step,
        changes,
        services: services.filter((_, index) => unserved[index]?.length === 0),
        findings: [
            ...unreadable.findings,
            ...unserved.flat(),
            ...services.flatMap((one) => stableMoved(one, before)),
            ...removalsOf(changes, before, after, limits.removed),
            ...noEffects(before, after),
        ],
    };
}

/** Marks hold as they were applied, whatever somebody has made of them in the cluster: nobody who moves users sets the measure. */
function asApplied(change: Change, first: Applied): Change {
    const applied = first.get(placeId(change.place));
    if (!applied) return change;
    const { namespace, marks } = applied;
    if (Object.keys(marks.before).length === 0) return { ...change, namespace };
    const service = marks.before.service ?? change.service;
    return { ...change, namespace, service, marks: { ...change.marks, before: marks.before } };
}

/** Declared switches beyond the limit, each with what it lacks in one of the views. */
function switchesOf(views: readonly View[], limits: StepLimits): Finding[] {
    return views.flatMap(({ services }) =>
        services.flatMap(({ raises, stable, changes }) =>
            raises
                .filter((raise) => isDeclaredSwitch(raise) && isTooLarge(raise, limits))
                .flatMap((raise) =>
                    switchFindings(
                        raise,
                        stable,
                        changes.filter(({ isOptIn }) => isOptIn),
                    ),
                ),
        ),
    );
}

/** The same of several views is said once: what was found first, which is the state's. */
function distinct(findings: readonly Finding[]): Finding[] {
    return firstsBy(findings, ({ code, service, namespace, version, requests, detail }) =>
        JSON.stringify([
            code,
            service,
            namespace,
            version,
            code === "removal" ? "" : requests,
            code === "unreadable" ? detail : "",
        ]),
    );
}

/** Findings that say a namespace only where there is another service of the same name. */
function withNeededNamespaces(findings: readonly Finding[], services: readonly Named[]): Finding[] {
    const shared = sharedNames([...services, ...findings]);
    const needed = <One extends Pick<Finding, "service" | "namespace">>({ namespace, ...rest }: One) =>
        shared.has(rest.service) ? { ...rest, namespace } : rest;
    return findings.map((one) => ({ ...needed(one), ...(one.parts && { parts: one.parts.map(needed) }) }));
}
