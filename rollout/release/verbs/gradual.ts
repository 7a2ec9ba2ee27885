import { abortedBy, applyUntil, backAt } from "../back";
import { secondsOf, secondsSince } from "../durations";
import { givenOf, type ManyHands } from "../manyHands";
import type { Off } from "../members";
import { readable } from "../offStable";
import { parseSteps } from "../steps";
import { restFor } from "./about";

/** How users go back. */
export interface RollbackOptions {
    /** Step by step, as they came, and not at once: for caches that would be cold. */
    readonly gradual?: boolean | undefined;
    /** How long each share stays on the gradual way. Default: what the release says, 2m where none is declared. */
    readonly bake?: string | undefined;
}

/** How a command names those whose users go back: a service stands for all that are released with it. Undefined is every one. */
export interface Named {
    readonly named: readonly string[] | undefined;
}

/** Why, for the stack's history. */
export const why = "somebody asked for it";

/**
 * Takes every service one step down by one update, then waits, then takes the next, until all are on stable. That they come back is
 * written down first: a driver that runs ends.
 *
 * @returns whether it was interrupted.
 */
export async function goBackGradually(
    all: readonly Off[],
    hands: ManyHands,
    { bake: given, named }: Pick<RollbackOptions, "bake"> & Named,
): Promise<boolean> {
    const { release } = await import("../settings");
    const ways = new Map<string, number[]>();
    let bake = given === undefined ? 0 : secondsOf(given);
    const declared = readable(await hands.settings());
    for (const { service, to, served } of all) {
        const settings = declared[service] ?? release.parse({ to });
        // Of a chain those of its services who have followed may have more than its edge.
        const shares = [served, ...(served.chain?.services ?? [])].map(({ weights }) => weights[to] ?? 0);
        ways.set(service, sharesBelow(settings.steps, Math.max(...shares)));
        if (given === undefined) bake = Math.max(bake, secondsOf(settings.bake));
    }
    for (const { service, served } of all) hands.tell({ kind: "goesBack", service, to: served.stable, why });
    const rounds = Math.max(...[...ways.values()].map((way) => way.length));
    for (let round = 0; round < rounds; round++) {
        const shareOf = ({ service }: Off): number => ways.get(service)?.[round] ?? 0;
        const weights = backAt(all, shareOf);
        const step = all.map((one) => `${one.service} ${shareOf(one)}`).join(", ");
        for (const one of all)
            hands.tell({ kind: "step", step: `${one.service} ${shareOf(one)}`, weights: weights[one.service] ?? {} });
        await hands.write(abortedBy(all), weights);
        const began = Date.now();
        await applyUntil(hands, `back step by step, ${step}: ${why}`, weights, all);
        hands.tell({ kind: "applied", step, seconds: secondsSince(began), ...givenOf(weights) });
        if (round + 1 < rounds) await restFor(bake, hands);
        if (round + 1 < rounds && hands.isInterrupted) {
            const name = named?.join(" ") ?? "--all";
            const words = `The users stay where they are (${step} %). All at once: npx upshift rollback ${name}${hands.where}\n  fix: npx upshift rollback ${name}${hands.where} --gradual`;
            hands.tell({ kind: "ends", outcome: "held", words });
            return true;
        }
    }
    return false;
}

/**
 * The shares on the way back, by the steps on which the version came.
 *
 * @param text of the steps; those that can't be read are no reason to stay.
 */
export function sharesBelow(text: string, share: number): number[] {
    const { steps } = parseSteps(text, "steps");
    const below = steps.flatMap((step) => (step.kind === "weight" && step.percent < share ? [step.percent] : []));
    return [...[...new Set(below)].sort((one, other) => other - one), 0];
}
