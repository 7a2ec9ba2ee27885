import { weightOf, type Weights } from "../../../components/traffic/split/weights";
import type { WeightsOf } from "../hands";
import type { RoutedService } from "../chain/chain";

/** Where a service's users are, where they are to be, and what its steps are measured by. */
export interface Journey {
    readonly service: string;
    readonly from: Weights;
    readonly to: Weights;
    readonly stable: string;
    /** Points by which one step may raise a version. */
    readonly maxRaise: number;
    /** Points by which one step may raise all of a group, added up; from 100 on without limit. */
    readonly maxRaiseTogether: number;
    readonly group: string;
}

/** The journey of a service, measured by the limits that were applied. */
export function journeyOf(
    service: string,
    { weights, stable, maxRaise, maxRaiseTogether, group }: RoutedService,
    to: Weights,
): Journey {
    return { service, from: weights, to, stable, maxRaise, maxRaiseTogether, group };
}

/**
 * The steps that bring several services to other weights, each by one update: no version rises by more than its limit, nor all of a
 * group by more than theirs, and what falls or goes to stable does so at once.
 *
 * @returns the weights after each step of those that it moves; none where everybody is there already.
 */
export function wayBetween(journeys: readonly Journey[]): WeightsOf[] {
    const steps: WeightsOf[] = [];
    const at = new Map(journeys.map(({ service, from }) => [service, from]));
    for (;;) {
        const budgets = new Map<string, number>();
        const step: Record<string, Weights> = {};
        for (const journey of journeys) {
            const now = at.get(journey.service) ?? {};
            const next = nextWeights(now, journey, journeys, budgets);
            if (areSame(now, next)) continue;
            step[journey.service] = next;
            at.set(journey.service, next);
        }
        if (Object.keys(step).length === 0) return steps;
        steps.push(step);
    }
}

/** @param budgets points that are left of this step for each group. */
function nextWeights(now: Weights, journey: Journey, all: readonly Journey[], budgets: Map<string, number>): Weights {
    const { to, stable, maxRaise, group } = journey;
    const next: Record<string, number> = {};
    for (const version of versionsOf(now, to).filter((one) => one !== stable)) {
        const [from, goal] = [weightOf(now, version), weightOf(to, version)];
        const left = budgets.get(group) ?? budgetOf(group, all);
        const raise = Math.min(Math.max(0, goal - from), maxRaise, left);
        budgets.set(group, left - raise);
        next[version] = goal <= from ? goal : from + raise;
    }
    const rest = Object.values(next).reduce((sum, weight) => sum - weight, 100);
    return Object.fromEntries(versionsOf(now, to).map((one) => [one, one === stable ? rest : (next[one] ?? 0)]));
}

function budgetOf(group: string, all: readonly Journey[]): number {
    const least = Math.min(...all.filter((one) => one.group === group).map((one) => one.maxRaiseTogether));
    return least >= 100 ? Infinity : least;
}

/** Whether the same users are served by the same, whichever versions without users are named. */
export function areSame(one: Weights, other: Weights): boolean {
    return versionsOf(one, other).every((version) => weightOf(one, version) === weightOf(other, version));
}

/** Whether a version other than stable has more users in the end. */
export function risingIn({ from, to, stable }: Journey): string[] {
    return versionsOf(from, to).filter((one) => one !== stable && weightOf(to, one) > weightOf(from, one));
}

function versionsOf(one: Weights, other: Weights): string[] {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}
