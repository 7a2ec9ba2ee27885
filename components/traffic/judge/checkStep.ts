import { Finding } from "./finding";
import { raisesOf, Raise } from "./raises";
import { raisedTogether, switchFindings, tooLarge } from "./stepFindings";
import type { AppliedTraffic, ServiceTraffic, StepLimits } from "./serviceTraffic";

export type { AppliedTraffic, ServiceTraffic, StepLimits } from "./serviceTraffic";

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
