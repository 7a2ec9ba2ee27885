import { Refused } from "../../../cluster/refused";
import { UserError } from "../../../components/userError";
import { ExitCode } from "../../exitCode";
import type { Hands, Values } from "../hands";
import { takingOf, withoutCopies } from "../kinds/taking";
import { refuseWhereStopped } from "../line";
import { manyOf } from "../manyHands";
import { releasePlan } from "../plan";
import { isWait, nameOf, positionOf, type ReleaseStep, weightsAt } from "../steps";
import { type About, handsFor, interruptible } from "./about";
import { take } from "./take";

/** How a service is brought to a step. */
export interface GotoOptions {
    /** Also brings users to a version that was aborted. */
    readonly again?: boolean | undefined;
    /** Whether the config has a canary header. */
    readonly hasHeader: boolean;
}

/**
 * Brings a service to a step of its release, in a real stack.
 *
 * @returns and throws as `goTo` does.
 */
export async function goToStep(
    service: string,
    step: string,
    { again, ...about }: About & { readonly again?: boolean },
): Promise<ExitCode> {
    const hands = handsFor(service, about);
    // A service that is not there is told by that, and not by what the config lacks.
    await hands.served();
    const hasHeader = await hands.hasHeader();
    return interruptible(hands, () => goTo(service, step, hands, { again, hasHeader }));
}

/**
 * Brings a service to a step of its release: down to it by one update, up to it by every step on the way. No gate looks at these; who
 * drives the release afterwards begins with the gate of that step.
 *
 * @param name of the step, as `steps` has it: `header`, `10`.
 * @returns the exit code: well, or held where it was interrupted.
 * @throws when there is no such step, or the release can't be made; nothing is changed then. When a step is refused: then the config
 *     is as it was before it.
 */
export async function goTo(service: string, name: string, hands: Hands, options: GotoOptions): Promise<ExitCode> {
    const { where } = hands;
    const { to, aborted, steps: text } = await hands.settings();
    const served = await hands.served();
    const { steps, isSwitch } = releasePlan(service, to, text, served, { hasHeader: options.hasHeader, where });
    const goal = stepNamed(service, name, steps, where);
    const share = served.weights[to] ?? 0;
    const isThere = share === shareOf(goal) && takingOf(service, goal, { to, served, isSwitch }).isTaken(served);
    const look = `No gate has looked at it. To have it looked at, and to go on: npx upshift release ${service}${where}`;
    if (isThere) return ended(hands, "done", `${service} is at ${goal.name} already. ${look}`);
    const isUp = shareOf(goal) >= share;
    if (isUp && aborted === to && !options.again)
        throw new Refused({
            what: `${service} ${to} was aborted, and does not get users again by itself.`,
            fix: `npx upshift goto ${service} ${goal.name}${where} --again`,
        });
    await refuseWhereStopped(hands);
    // Up, each step is one; down, all of it is: nobody needs a permit to get closer to stable.
    const [first, last] = [positionOf(steps, to, served) + 1, steps.indexOf(goal)];
    const way = isUp ? steps.slice(first, last + 1).filter((step) => !isWait(step)) : [goal];
    for (const step of way) {
        if (hands.isInterrupted)
            return ended(
                hands,
                "held",
                `${service} is at ${nameOf(steps, positionOf(steps, to, await hands.served()))}.\n  fix: npx upshift goto ${service} ${goal.name}${where}`,
            );
        const now = await hands.served();
        const taking = takingOf(service, step, { to, served: now, isSwitch: isUp && isSwitch });
        const values: Values = {
            ...(step.kind !== "mirror" && withoutCopies(service, now, to)),
            ...taking.values,
            ...(isUp && aborted === to && step === way[0] && { [`release.${service}.aborted`]: undefined }),
        };
        const weights = { [service]: weightsAt(to, shareOf(step), now) };
        await take(manyOf(service, hands), {
            step: step.name,
            message: `${service} ${to} goes to ${goal.name}`,
            weights,
            values,
        });
    }
    return ended(hands, "done", `${service} is at ${goal.name}. ${look}`);
}

/** @throws with the steps that there are. */
function stepNamed(service: string, name: string, steps: readonly ReleaseStep[], where: string): ReleaseStep {
    const wanted = name.replace(/ *%$/, "");
    const found = steps.find((step) => !isWait(step) && step.name === wanted);
    if (found) return found;
    const names = steps.filter((step) => !isWait(step)).map((step) => step.name);
    throw new UserError({
        what: `${service} has no step ${name}; it has ${names.join(", ")}.`,
        fix: `npx upshift goto ${service} ${names[0] ?? "STEP"}${where}`,
    });
}

function shareOf(step: ReleaseStep): number {
    return step.kind === "weight" ? step.percent : 0;
}

function ended(hands: Hands, outcome: "done" | "held", words: string): ExitCode {
    hands.tell({ kind: "ends", outcome, words });
    return outcome === "held" ? ExitCode.Held : ExitCode.Well;
}
