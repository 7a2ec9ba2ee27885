import { AppliedTraffic, checkStep, ServiceTraffic, StepLimits } from "./checkStep";
import { Finding } from "./finding";
import { weightOf } from "../split/weights";

/** What was found applied, and of which services that could not be read. */
export interface Applied {
    readonly applied: readonly AppliedTraffic[];
    /** Why a service's traffic could not be read. */
    readonly findings: readonly Finding[];
}

/**
 * `checkStep` where some of what is applied may be unreadable: such a service is refused, never let through, unless its
 * proposal has all users on the stable version. That way is always open.
 */
export function judgeStep(seen: Applied, proposed: readonly ServiceTraffic[], limits: StepLimits): Finding[] {
    const moving = proposed.filter((traffic) => !isAllStable(traffic, limits)).map(({ service }) => service);
    return [
        ...seen.findings.filter(({ services }) => services.some((service) => moving.includes(service))),
        ...checkStep(seen.applied, proposed, limits),
    ];
}

function isAllStable({ service, weights }: ServiceTraffic, { stable }: StepLimits): boolean {
    const version = stable?.[service];
    return version !== undefined && weightOf(weights, version) === 100;
}
