import type { AppliedTraffic, ServiceTraffic, StepLimits } from "./serviceTraffic";
import { VersionName, weightOf, Weights } from "../split/weights";

/** A version that is not the stable one and gets a larger share. */
export interface Raise {
    readonly proposed: ServiceTraffic;
    readonly views: readonly AppliedTraffic[];
    readonly stable: VersionName;
    readonly version: VersionName;
    readonly from: number;
    readonly to: number;
    readonly points: number;
    /** The proposed weights with every raise of the service cut to what one step may; the rest stays with stable. */
    readonly allowed: Weights;
}

/** Every raise of a service, over the least that one of its views has; none where nothing is applied. */
export function raisesOf(proposed: ServiceTraffic, applied: readonly AppliedTraffic[], limits: StepLimits): Raise[] {
    const views = applied.filter((view) => view.service === proposed.service);
    const [first] = views;
    if (!first) return [];
    const stable = limits.stable?.[proposed.service] ?? Object.keys(first.weights)[0] ?? "";
    const others = Object.keys(proposed.weights).filter((version) => version !== stable);
    const fromOf = (version: VersionName): number => Math.min(...views.map((view) => weightOf(view.weights, version)));
    const allowed = Object.fromEntries(
        others.map((version) => [
            version,
            Math.min(weightOf(proposed.weights, version), fromOf(version) + limits.maxRaise),
        ]),
    );
    return others
        .map((version) => ({ version, from: fromOf(version), to: weightOf(proposed.weights, version) }))
        .filter(({ from, to }) => to > from)
        .map((raise) => ({
            ...raise,
            points: raise.to - raise.from,
            proposed,
            views,
            stable,
            allowed: withRestTo(stable, allowed),
        }));
}

/** The weights with all that is left for the stable version. */
export function withRestTo(stable: VersionName, weights: Weights): Weights {
    const rest = Object.entries(weights).reduce(
        (left, [version, weight]) => (version === stable ? left : left - weight),
        100,
    );
    return { [stable]: rest, ...Object.fromEntries(Object.entries(weights).filter(([version]) => version !== stable)) };
}
