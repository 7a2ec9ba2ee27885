import { type Change, changesBetween } from "../effect/changes";
import { placeId } from "../effect/places";
import type { World } from "../world/world";
import type { Finding } from "./findings";
import { allowedWeights, isByPods, podsFix, setWeights } from "./fixes";
import { type StepLimits, yardstickOf } from "./limits";
import { noEffects } from "./noEffect";
import { isInPlace, type Raise, raisesOf, usersOf } from "./raises";
import { removalsOf } from "./removal";
import { type Stable, stableOf } from "./stable";
import { stableMoved, stableUnserved } from "./stableSteps";
import { isDeclaredSwitch, switchFindings } from "./switches";
import { togetherFindings } from "./together";
import { unreadableFindings } from "./unreadable";
import { round } from "./words";

/** A step as one place sees what is before it: the state of the stack, or the cluster. */
export interface Step {
    readonly readFrom: "state" | "cluster";
    readonly before: World;
    readonly after: World;
}

/** What is to be said of a step. */
export interface Judgement {
    /** Every reason why it may not go ahead, not only the first; empty when it may. */
    readonly findings: readonly Finding[];
    /** What each kind of request meets before and after, as the last of the views has it. */
    readonly changes: readonly Change[];
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
    for (const step of steps) views.push(viewOf(step, limits, views[0]?.changes ?? []));
    const findings = [
        ...views.flatMap(({ findings }) => findings),
        ...switchesOf(views, limits),
        ...gradualOf(views, limits),
    ];
    return { findings: distinct(findings), changes: views.at(-1)?.changes ?? [] };
}

/** A step over one view. */
interface View {
    readonly step: Step;
    readonly changes: readonly Change[];
    readonly services: readonly ServiceStep[];
    /** What can be said without the other views. */
    readonly findings: readonly Finding[];
}

/** One service's part of it. */
export interface ServiceStep {
    readonly service: string;
    readonly group: string;
    readonly changes: readonly Change[];
    readonly stable: Stable;
    readonly raises: readonly Raise[];
}

function viewOf(step: Step, limits: StepLimits, first: readonly Change[]): View {
    const { before, after } = step;
    const all = changesBetween(before, after)
        .map((change) => withMarks(change, first))
        .filter(({ service, marks }) => !isRemoved(service, marks.before.group, limits));
    const unreadable = unreadableFindings(all, step);
    const hidden = new Set(unreadable.places);
    const changes = all.filter(({ place }) => !hidden.has(placeId(place)));
    const services = [...new Set(changes.map(({ service }) => service))].map((service) =>
        serviceStep(
            service,
            changes.filter((change) => change.service === service),
            before,
            limits,
        ),
    );
    const judged = services.flatMap((one) => (one.raises.length > 0 ? stableUnserved(one) : []));
    const unserved = new Set(judged.map(({ service }) => service));
    return {
        step,
        changes,
        services: services.filter(({ service }) => !unserved.has(service)),
        findings: [
            ...unreadable.findings,
            ...judged,
            ...services.flatMap((one) => stableMoved(one, before)),
            ...removalsOf(changes, before, after, limits.removed),
            ...noEffects(before, after),
        ],
    };
}

/** Marks that somebody took away in the cluster still hold as they were applied. */
function withMarks(change: Change, first: readonly Change[]): Change {
    if (change.marks.before.stable !== undefined) return change;
    const applied = first.find(({ place }) => placeId(place) === placeId(change.place))?.marks.before;
    return applied
        ? { ...change, service: applied.service ?? change.service, marks: { ...change.marks, before: applied } }
        : change;
}

function isRemoved(service: string, group: string | undefined, { removed = [] }: StepLimits): boolean {
    return removed.includes(service) || (group !== undefined && removed.includes(group));
}

function serviceStep(service: string, changes: readonly Change[], before: World, limits: StepLimits): ServiceStep {
    const stable = stableOf(changes, before, limits.isFixed ? limits.stable?.[service] : undefined);
    const raises = changes
        .flatMap((change) => raisesOf(change, stableAt(change, changes, before, stable).outcomes, before))
        .filter((raise) => !isInPlace(raise));
    const group = changes.map(({ marks }) => marks.before.group).find((name) => name !== undefined) ?? "";
    return { service, group, changes, stable, raises };
}

/** What no mark calls stable is so at each place by itself: the same name may mean something else at another. */
function stableAt(change: Change, all: readonly Change[], before: World, stable: Stable): Stable {
    if (stable.isMarked) return stable;
    return stableOf(
        all.filter(({ place }) => placeId(place) === placeId(change.place)),
        before,
    );
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

/** Raises by weights: the largest of each version, over all views and kinds of users. */
function gradualOf(views: readonly View[], limits: StepLimits): Finding[] {
    const services = views.flatMap((view) => view.services.map((one) => ({ ...one, step: view.step })));
    const findings: Finding[] = [];
    const largest: Raise[] = [];
    for (const service of new Set(services.map((one) => one.service))) {
        const own = services.filter((one) => one.service === service);
        const raises = own.flatMap((one) => one.raises).filter((raise) => !isDeclaredSwitch(raise));
        const [first] = own;
        for (const version of new Set(raises.map(({ outcome }) => outcome.name))) {
            const [worst] = raises
                .filter(({ outcome }) => outcome.name === version)
                .sort((one, other) => other.points - one.points);
            if (!first || !worst) continue;
            if (isTooLarge(worst, limits))
                findings.push(findingOf(worst, raises, first, limits, differing(own, worst)));
            if (!worst.outcome.fails) largest.push(worst);
        }
    }
    return [...findings, ...togetherFindings(largest, services, limits)];
}

function isTooLarge({ points, change }: Raise, limits: StepLimits): boolean {
    return points > yardstickOf(change.marks.before, limits).maxRaise + 0.05;
}

function findingOf(
    raise: Raise,
    raises: readonly Raise[],
    { stable: { name: stable }, step }: ServiceStep & { readonly step: Step },
    limits: StepLimits,
    detail: string,
): Finding {
    const { change, outcome, from, to, isNewCode } = raise;
    const limit = yardstickOf(change.marks.before, limits).maxRaise;
    const requests = usersOf(raise);
    const service = change.via ?? change.service;
    const found = {
        service,
        version: outcome.name,
        from,
        to,
        limit,
        ...(requests && { requests }),
        ...(detail && { detail }),
    };
    if (outcome.fails === "absent" && to > 99.95) {
        const { group = service } = change.marks.before;
        const detail = `serve ${round(to)} % of its users, and it is taken away (${outcome.name})`;
        return {
            code: "removal",
            service,
            version: "its pods",
            from: to,
            to: 0,
            detail,
            fix: `pulumi config set remove ${group}`,
        };
    }
    if (outcome.fails) return { ...found, code: "fails" };
    if (isNewCode)
        return { ...found, code: "new-code", fix: `pulumi config set --path inPlace.${service} ${outcome.name}` };
    if (isByPods(step.after, change.place))
        return { ...found, code: "raise", ...podsFix(step.after, raise, stable, limit) };
    const own = raises.filter((one) => one.change.via === change.via);
    const weights = allowedWeights([raise, ...own], stable, limit);
    const allowed = weights[outcome.name] ?? round(from + limit);
    const canSwitch = change.via === undefined && change.place.protocol === "http";
    return {
        ...found,
        code: "raise",
        allowed,
        ...(canSwitch && { canSwitch }),
        ...(requests ? {} : { fix: setWeights(service, weights) }),
    };
}

/** Where the state and the cluster do not agree, somebody else has moved the traffic: both are shown. */
function differing(services: readonly (ServiceStep & { readonly step: Step })[], { outcome, change }: Raise): string {
    const shares = services.flatMap(({ changes, step: { readFrom } }) => {
        const same = changes.find(
            (one) =>
                placeId(one.place) === placeId(change.place) &&
                one.via === change.via &&
                JSON.stringify(one.kind) === JSON.stringify(change.kind),
        );
        const share = same?.before.reduce(
            (sum, one) => (one.outcome.name === outcome.name ? sum + one.percent : sum),
            0,
        );
        return share === undefined ? [] : [{ readFrom, share: round(share) }];
    });
    if (new Set(shares.map(({ share }) => share)).size < 2) return "";
    return ` (${shares.map(({ readFrom, share }) => `the ${readFrom} has ${outcome.name} ${share}`).join(", ")})`;
}

/** The same of several views is said once: what was found first, which is the state's. */
function distinct(findings: readonly Finding[]): Finding[] {
    const seen = new Map<string, Finding>();
    for (const finding of findings) {
        const { code, service, version, requests, detail } = finding;
        const key = JSON.stringify([
            code,
            service,
            version,
            code === "removal" ? "" : requests,
            code === "unreadable" ? detail : "",
        ]);
        if (!seen.has(key)) seen.set(key, finding);
    }
    return [...seen.values()];
}
