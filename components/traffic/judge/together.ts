import { firstsBy, grouped } from "../world/grouped";
import type { Finding, Part } from "./findings";
import { setWeights, withRestTo } from "./fixes";
import { type StepLimits, yardstickOf } from "./limits";
import { type Named, serviceId } from "../effect/names";
import type { Raise } from "./raises";
import { round } from "./words";

/** What is known of the services whose raises are added up. */
interface Known extends Named {
    readonly group: string;
    readonly stable: { readonly name: string };
}

type NamedPart = Part & Named;

/**
 * Raises of one group that are too much for a request that meets all of them; none where they are not. What one edge decides for
 * several services is one raise: each request meets the same version in all of them.
 *
 * @param raises the largest of each version of each service.
 */
export function togetherFindings(raises: readonly Raise[], services: readonly Known[], limits: StepLimits): Finding[] {
    const known = new Map(firstsBy(services, serviceId).map((one) => [serviceId(one), one]));
    const groups = grouped(raises.map((raise) => [known.get(serviceId(raise.change))?.group ?? "", raise]));
    return [...groups.values()].flatMap((raises) => {
        const own = decidedOnce(raises);
        const limit = Math.min(...own.map(({ change }) => yardstickOf(change.marks.before, limits).maxRaiseTogether));
        const points = own.reduce((sum, one) => sum + one.points, 0);
        if (own.length < 2 || limit >= 100 || points <= limit + 0.05) return [];
        const parts = shortened(own, limit, limits);
        const names = [...new Set(parts.map(({ service }) => service))];
        const fix = fixOf(parts, services);
        return [{ code: "together", service: names[0] ?? "", services: names, limit, parts, ...(fix && { fix }) }];
    });
}

/** The command for each service; none where two have one name, which a config can't tell apart. */
function fixOf(parts: readonly NamedPart[], services: readonly Known[]): string | undefined {
    const byService = [...grouped(parts.map((part) => [serviceId(part), part])).values()];
    if (new Set(parts.map(({ service }) => service)).size < byService.length) return undefined;
    return byService
        .map((own) => {
            const service = own[0]?.service ?? "";
            const stable = services.find((one) => one.service === service)?.stable.name ?? "";
            const weights = Object.fromEntries(own.map(({ version, allowed }) => [version, allowed]));
            return setWeights(service, withRestTo(stable, weights));
        })
        .join(" && ");
}

/** Of what an edge decides for several services, the largest alone. */
function decidedOnce(raises: readonly Raise[]): Raise[] {
    const largest = new Map<string, Raise>();
    const keyOf = ({ change, outcome }: Raise): string => JSON.stringify([change.via, outcome.name]);
    for (const raise of raises)
        if (raise.points > (largest.get(keyOf(raise))?.points ?? -Infinity)) largest.set(keyOf(raise), raise);
    return raises.filter((one) => one.change.via === undefined || largest.get(keyOf(one)) === one);
}

/** The first raises as far as one may go, until the limit is reached; those after it not at all. */
function shortened(raises: readonly Raise[], limit: number, limits: StepLimits): NamedPart[] {
    let left = limit;
    return raises.map(({ change, outcome, from, to, points }) => {
        const { maxRaise } = yardstickOf(change.marks.before, limits);
        const raise = Math.floor(Math.min(left, points, maxRaise) + 0.05);
        left -= raise;
        return {
            service: change.via ?? change.service,
            namespace: change.namespace,
            version: outcome.name,
            from: round(from),
            to: round(to),
            allowed: Math.floor(from + raise + 0.05),
        };
    });
}
