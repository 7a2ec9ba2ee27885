import { Refused } from "../../../cluster/refused";
import { UserError } from "../../../components/userError";
import { ExitCode } from "../../exitCode";
import type { Weights } from "../../../components/traffic/split/weights";
import { proveBeforeShare } from "../chain/beforeShare";
import { ended } from "../ended";
import type { Values, WeightsOf } from "../hands";
import { takingOf, withoutCopies } from "../kinds/taking";
import { refuseWhereStopped } from "../line";
import { manyOf } from "../manyHands";
import { argumentsOf, type Member, type Moved, namesOf, servedNow } from "../members";
import { isWait, nameOf, positionOf, type ReleaseStep, weightsAt } from "../steps";
import { planTogether } from "../togetherPlan";
import { type About, interruptible, membersFor } from "./about";
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
    const members = await membersFor(service, about);
    const [{ hands }] = members;
    // A service that is not there is told by that, and not by what the config lacks.
    await hands.served();
    const hasHeader = await hands.hasHeader();
    const all = members.map((one) => one.hands);
    return interruptible(all, () => goTo(members, step, { again, hasHeader }));
}

/**
 * Brings a service to a step of its release, and all that are released as one with it: down to it by one update, up to it by every step
 * on the way. No gate looks at these; who drives the release afterwards begins with the gate of that step.
 *
 * @param name of the step, as `steps` has it: `header`, `10`.
 * @returns the exit code: well, or held where it was interrupted.
 * @throws when there is no such step, or the release can't be made; nothing is changed then. When a step is refused: then the config
 *     is as it was before it.
 */
export async function goTo(members: readonly Member[], name: string, options: GotoOptions): Promise<ExitCode> {
    const { hands, service } = members[0] as Member;
    const { where } = hands;
    const all = await Promise.all(members.map(async (one) => ({ ...one, settings: await one.hands.settings() })));
    const moved = (await servedNow(all)).map(({ settings, ...one }) => ({
        ...one,
        to: settings.to,
        baseline: settings.baseline,
    }));
    const texts = all.map(({ settings }) => settings.steps);
    const { steps, isSwitch } = planTogether(moved, texts, { hasHeader: options.hasHeader, where });
    const goal = stepNamed(service, name, steps, where);
    const share = shareOf(goal);
    const at = `${namesOf(members)} ${members.length > 1 ? "are" : "is"} at`;
    const look = `No gate has looked at it. To have it looked at, and to go on: npx upshift release ${argumentsOf(members)}${where}`;
    if (moved.every((one) => isAt(goal, one, isSwitch)))
        return ended(hands, "done", `${at} ${goal.name} already. ${look}`);
    const rising = moved.filter((one) => share >= ownShare(one));
    const marked = all.filter(({ settings }) => settings.aborted === settings.to);
    const aborted = rising.find((one) => marked.some((other) => other.service === one.service));
    if (aborted && !options.again)
        throw new Refused({
            what: `${aborted.service} ${aborted.to} was aborted, and does not get users again by itself.`,
            fix: `npx upshift goto ${service} ${goal.name}${where} --again`,
        });
    await refuseWhereStopped(hands);
    if (share > 0) await proveBeforeShare(moved);
    const least = (now: readonly Moved[]): number =>
        Math.min(...now.map((one) => positionOf(steps, one.to, one.served)));
    // Up, each step is one; down, all of it is: nobody needs a permit to get closer to stable.
    const between = steps.slice(least(rising) + 1, steps.indexOf(goal) + 1).filter((step) => !isWait(step));
    const way = rising.length > 0 && between.length > 0 ? between : [goal];
    const unmarked = aborted
        ? Object.fromEntries(marked.map((one) => [`release.${one.service}.aborted`, undefined]))
        : {};
    for (const [index, step] of way.entries()) {
        const now = await servedNow(moved);
        if (hands.isInterrupted)
            return ended(
                hands,
                "held",
                `${at} ${nameOf(steps, least(now))}.\n  fix: npx upshift goto ${service} ${goal.name}${where}`,
            );
        const written = now.map((one) => writtenFor(step, one, { share, isSwitch: isSwitch && rising.length > 0 }));
        await take(manyOf(members), {
            step: step.name,
            message: `${moved.map((one) => `${one.service} ${one.to}`).join(", ")} ${moved.length > 1 ? "go" : "goes"} to ${goal.name}`,
            weights: Object.fromEntries(
                written.map(({ weights }, which) => [now[which]?.service, weights]),
            ) as WeightsOf,
            values: Object.assign({}, ...written.map(({ values }) => values), index === 0 ? unmarked : {}) as Values,
        });
    }
    return ended(hands, "done", `${at} ${goal.name}. ${look}`);
}

function isAt(goal: ReleaseStep, moved: Moved, isSwitch: boolean): boolean {
    const { to, served } = moved;
    const { isTaken } = takingOf(moved.service, goal, { ...moved, isSwitch });
    const isBeyond = goal.kind !== "mirror" && served.mirror?.to === to;
    return (served.weights[to] ?? 0) === shareOf(goal) && isTaken(served) && !isBeyond;
}

/** What a step on the way writes of a service: up with the step, and no further than the goal. */
function writtenFor(
    step: ReleaseStep,
    { service, to, baseline, served }: Moved,
    { share, isSwitch }: { readonly share: number; readonly isSwitch: boolean },
): { weights: Weights; values: Values } {
    const percent = Math.min(share, Math.max(shareOf(step), ownShare({ to, served })));
    const { values } = takingOf(service, step, { to, baseline, served, isSwitch });
    const isCopied = step.kind === "mirror" && percent === 0;
    const own = isCopied || step.kind !== "mirror" ? values : {};
    return {
        weights: weightsAt(to, percent, served, baseline),
        values: { ...(!isCopied && withoutCopies(service, served, to)), ...own },
    };
}

function ownShare({ to, served }: Pick<Moved, "to" | "served">): number {
    return served.weights[to] ?? 0;
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
