import { routesAt } from "../effect/decide";
import type { Place } from "../effect/kind";
import { type World, workloadsBehind } from "../world/world";
import type { Raise } from "./raises";

/** The command that sets a service's weights, in whole percents that sum to 100. */
export function setWeights(service: string, weights: Readonly<Record<string, number>>): string {
    const pairs = Object.entries(weights).map(
        ([version, weight]) => `--plaintext weights.${service}.${version}=${weight}`,
    );
    return `pulumi config set-all --path ${pairs.join(" ")}`;
}

/** What is left of 100 goes to the stable version. */
export function withRestTo(stable: string, weights: Readonly<Record<string, number>>): Record<string, number> {
    const others = Object.entries(weights).filter(([version]) => version !== stable);
    const rest = others.reduce((left, [, weight]) => left - weight, 100);
    return { [stable]: rest, ...Object.fromEntries(others) };
}

/** The step that would be allowed now: each version's share cut to what it may have, in whole percents. */
export function allowedWeights(raises: readonly Raise[], stable: string, maxRaise: number): Record<string, number> {
    const [first] = raises;
    if (!first) return {};
    const { before, after } = first.change;
    const names = [...new Set(after.filter(({ outcome }) => !outcome.fails).map(({ outcome }) => outcome.name))];
    const of = (shares: typeof after, name: string): number =>
        shares.reduce((sum, { outcome, percent }) => (outcome.name === name ? sum + percent : sum), 0);
    const others = names.filter((name) => name !== stable);
    return withRestTo(
        stable,
        Object.fromEntries(
            others.map((name) => [
                name,
                Math.floor(Math.min(of(after, name), leastBefore(raises, name, of(before, name)) + maxRaise) + 0.05),
            ]),
        ),
    );
}

/** The least that a version has before, of all raises of it: the larger raise counts. */
function leastBefore(raises: readonly Raise[], name: string, otherwise: number): number {
    const own = raises.filter(({ outcome }) => outcome.name === name).map(({ from }) => from);
    return own.length === 0 ? otherwise : Math.min(...own);
}

/** Whether requests at a place are shared by pods and not by routes. */
export function isByPods(world: World, place: Place): boolean {
    return place.entry === "mesh" && routesAt(world, place).length === 0;
}

/**
 * The step that pods can make: the largest number of pods of a version that is no larger a raise than allowed, told in the weights
 * that lead to it; where none of these pods is little enough, the number of pods of which one is. A Service that is but another name leads
 * all to one or the other: only a larger limit makes that one step.
 */
export function podsFix(
    world: World,
    { change, outcome, from, to }: Raise,
    stable: string,
    maxRaise: number,
): { allowed?: number; fix: string } {
    const { service, place } = change;
    const pods = workloadsBehind(world, place.host).reduce((sum, one) => sum + one.pods, 0);
    if (pods === 0) {
        const points = Math.ceil(to - from);
        const limits = ["maxRaise", "maxRaiseTogether"].map((limit) => `--plaintext limits.${limit}=${points}`);
        return { fix: `pulumi config set-all --path ${limits.join(" ")}` };
    }
    const most = Math.floor(((from + maxRaise) * pods) / 100 + 1e-9);
    const now = Math.round((from * pods) / 100);
    if (most <= now) return { fix: `pulumi config set --path total.${service} ${Math.ceil(100 / maxRaise)}` };
    const share = Math.round((100 * most) / pods);
    return { allowed: share, fix: setWeights(service, withRestTo(stable, { [outcome.name]: share })) };
}
