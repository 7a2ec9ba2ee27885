import { isFailure } from "../effect/effect";
import { placeId } from "../effect/places";
import { titleOfOutcome } from "../effect/outcome";
import { grouped } from "../world/grouped";
import type { Finding } from "./findings";
import { allowedWeights, isByPods, podsFix, setWeights } from "./fixes";
import { type StepLimits, yardstickOf } from "./limits";
import { serviceId } from "../effect/names";
import { type Raise, usersOf } from "./raises";
import type { ServiceStep } from "./serviceSteps";
import type { Step } from "./step";
import { isDeclaredSwitch } from "./switches";
import { togetherFindings } from "./together";
import { round } from "./words";

/** One service's part of a step over one view. */
type Viewed = ServiceStep & { readonly step: Step };

/**
 * Raises by weights: of each version the one that goes furthest beyond its own limit, over all views and kinds of users. Routes of one
 * service may have limits of their own each, so that the largest raise need not be that one; what is added up is the largest.
 */
export function gradualFindings(services: readonly Viewed[], limits: StepLimits): Finding[] {
    const findings: Finding[] = [];
    const largest: Raise[] = [];
    for (const own of grouped(services.map((one) => [serviceId(one), one])).values()) {
        const raises = own.flatMap((one) => one.raises).filter((raise) => !isDeclaredSwitch(raise));
        const [first] = own;
        for (const alike of grouped(raises.map((raise) => [versionOf(raise), raise])).values()) {
            const worst = mostBy(alike, (raise) => excessOf(raise, limits));
            const most = mostBy(alike, ({ points }) => points);
            if (!first || !worst || !most) continue;
            if (isTooLarge(worst, limits))
                findings.push(findingOf(worst, raises, first, limits, differing(own, worst)));
            // Pods that nobody could see may be there all the same.
            if (!most.outcome.fails) largest.push(most);
        }
    }
    return [...findings, ...togetherFindings(largest, services, limits)];
}

/** Whether a raise is beyond the limit; shares are read to a tenth of a percent. */
export function isTooLarge(raise: Raise, limits: StepLimits): boolean {
    return excessOf(raise, limits) > 0.05;
}

/** How far a raise goes beyond the limit that was applied where it is made. */
function excessOf({ points, change }: Raise, limits: StepLimits): number {
    return points - yardstickOf(change.marks.before, limits).maxRaise;
}

/** All that no version answers is one, why ever. */
function versionOf({ outcome }: Raise): string {
    return isFailure(outcome) ? "" : outcome.name;
}

/** The first of those with the most. */
function mostBy<One>(all: readonly One[], measure: (one: One) => number): One | undefined {
    return [...all].sort((one, other) => measure(other) - measure(one))[0];
}

function findingOf(
    raise: Raise,
    raises: readonly Raise[],
    { stable: { name: stable }, step }: Viewed,
    limits: StepLimits,
    detail: string,
): Finding {
    const { change, outcome, from, to, isNewCode } = raise;
    const { namespace } = change;
    const limit = yardstickOf(change.marks.before, limits).maxRaise;
    const requests = usersOf(raise);
    const service = change.via ?? change.service;
    const found = {
        service,
        namespace,
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
            namespace,
            version: "its pods",
            from: to,
            to: 0,
            detail,
            fix: `pulumi config set remove ${group}`,
        };
    }
    if (isFailure(outcome)) {
        const { way } = outcome.lacks ?? {};
        return {
            ...found,
            code: "fails",
            version: titleOfOutcome(outcome),
            ...(way && { detail: `${detail}: ${way}` }),
        };
    }
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
        ...(!requests && stable !== "" && { fix: setWeights(service, weights) }),
    };
}

/** Where the state and the cluster do not agree, somebody else has moved the traffic: both are shown. */
function differing(services: readonly Viewed[], { outcome, change }: Raise): string {
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
