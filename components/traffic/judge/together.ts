import type { Finding, Part } from "./findings";
import { setWeights, withRestTo } from "./fixes";
import { type StepLimits, yardstickOf } from "./limits";
import type { Raise } from "./raises";
import { round } from "./words";

/** What is known of the services whose raises are added up. */
interface Known {
    readonly service: string;
    readonly group: string;
    readonly stable: { readonly name: string };
}

/**
 * Raises of one group that are too much for a request that meets all of them; none where they are not. What one edge decides for
 * several services is one raise: each request meets the same version in all of them.
 *
 * @param raises the largest of each version of each service.
 */
export function togetherFindings(raises: readonly Raise[], services: readonly Known[], limits: StepLimits): Finding[] {
    const groupOf = (service: string): string => services.find((one) => one.service === service)?.group ?? "";
    const groups = [...new Set(raises.map(({ change }) => groupOf(change.service)))];
    return groups.flatMap((group) => {
        const own = decidedOnce(raises.filter(({ change }) => groupOf(change.service) === group));
        const limit = Math.min(...own.map(({ change }) => yardstickOf(change.marks.before, limits).maxRaiseTogether));
        const points = own.reduce((sum, one) => sum + one.points, 0);
        if (own.length < 2 || limit >= 100 || points <= limit + 0.05) return [];
        const parts = shortened(own, limit, limits);
        const names = [...new Set(parts.map(({ service }) => service))];
        const fix = names
            .map((service) => {
                const weights = Object.fromEntries(
                    parts.filter((part) => part.service === service).map(({ version, allowed }) => [version, allowed]),
                );
                const stable = services.find((one) => one.service === service)?.stable.name ?? "";
                return setWeights(service, withRestTo(stable, weights));
            })
            .join(" && ");
        return [{ code: "together", service: names[0] ?? "", services: names, limit, parts, fix }];
    });
}

/** Of what an edge decides for several services, the largest alone. */
function decidedOnce(raises: readonly Raise[]): Raise[] {
    const sorted = [...raises].sort((one, other) => other.points - one.points);
    const kept = sorted.filter(
        (one, index) =>
            one.change.via === undefined ||
            sorted.findIndex(
                (other) => other.change.via === one.change.via && other.outcome.name === one.outcome.name,
            ) === index,
    );
    return raises.filter((one) => kept.includes(one));
}

/** The first raises as far as one may go, until the limit is reached; those after it not at all. */
function shortened(raises: readonly Raise[], limit: number, limits: StepLimits): Part[] {
    let left = limit;
    return raises.map(({ change, outcome, from, to, points }) => {
        const { maxRaise } = yardstickOf(change.marks.before, limits);
        const raise = Math.floor(Math.min(left, points, maxRaise) + 0.05);
        left -= raise;
        return {
            service: change.via ?? change.service,
            version: outcome.name,
            from: round(from),
            to: round(to),
            allowed: Math.floor(from + raise + 0.05),
        };
    });
}
