import { Finding } from "./finding";
import { raisesOf, Raise } from "./raises";
import { raisedTogether, switchFindings, tooLarge } from "./stepFindings";
import { VersionName, Weights } from "./weights";

/** A service's traffic, applied or proposed: plain data, however it was read. */
export interface ServiceTraffic {
    /** The service's name, as messages and config call it. */
    readonly service: string;
    /** Percent of requests per version, of those that carry no special header. */
    readonly weights: Weights;
    /** Versions that requests with some header reach whatever the weights. */
    readonly reachableByHeader: readonly VersionName[];
}

/** What is applied, as one place has it. Several of the same service are views of it that may differ. */
export interface AppliedTraffic extends ServiceTraffic {
    /** Where it was read. */
    readonly readFrom: "state" | "cluster";
    /** Ready pods by version; undefined where they could not be counted. */
    readonly readyPods?: Readonly<Record<VersionName, number>>;
}

/** How far one step may go. */
export interface StepLimits {
    /** Points of percent by which a step may raise a version. */
    readonly maxRaise: number;
    /**
     * Points by which a step may raise the services of a chain, all added up: a request passes all of them, so that small
     * raises of several are one large one to it. From 100 on there is no such limit. Default: `maxRaise`.
     */
    readonly maxRaiseTogether?: number;
    /** The version that a rollback returns to, by service. Default: the first version of what is applied. */
    readonly stable?: Readonly<Record<string, VersionName>>;
    /** Declared blue/green switches: the version, by service, that may go to 100 at once. */
    readonly blueGreen?: Readonly<Record<string, VersionName>>;
}

/**
 * Judges a step from what is applied to what is proposed; the services are taken as one chain.
 *
 * Moves towards `stable` are always allowed, at once: nobody should need a permit to get back to safety. A service of which
 * nothing is applied is deployed for the first time, and that is no step.
 *
 * @param applied every view of every service; where views differ, the larger raise counts.
 * @returns every finding, not only the first; empty when the step may go ahead.
 */
export function checkStep(
    applied: readonly AppliedTraffic[],
    proposed: readonly ServiceTraffic[],
    limits: StepLimits,
): Finding[] {
    const together = limits.maxRaiseTogether ?? limits.maxRaise;
    const maxRaise = Math.min(limits.maxRaise, together);
    const raises = proposed.flatMap((service) => raisesOf(service, applied, { ...limits, maxRaise }));
    const switches = raises.filter((raise) => raise.points > maxRaise && isDeclaredSwitch(raise, limits));
    const gradual = raises.filter((raise) => !switches.includes(raise));
    return [
        ...switches.flatMap(switchFindings),
        ...gradual.filter((raise) => raise.points > maxRaise).map((raise) => tooLarge(raise, maxRaise)),
        ...raisedTogether(gradual, maxRaise, together),
    ];
}

/** A switch goes all the way: to 90 is a large raise, whatever was declared. */
function isDeclaredSwitch({ proposed, version, to }: Raise, { blueGreen }: StepLimits): boolean {
    return to === 100 && blueGreen?.[proposed.service] === version;
}
