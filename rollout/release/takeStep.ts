import { StepRefused } from "../../cluster/refused";
import { secondsSince } from "./durations";
import type { Ending, Hands, Values, WeightsOf } from "./hands";
import { notLess, type Taking, takingOf } from "./kinds/taking";
import { givenOf } from "./manyHands";
import { type Moved, namesOf, ownOf, servedNow } from "./members";
import { notKnown } from "./notKnown";
import { patiently } from "./patiently";
import { putBack } from "./putBack";
import type { ReleaseStep } from "./steps";
import type { StepWatch } from "./watch";

/** A release before one of its steps. */
interface Before {
    /** Why the step before was left is asked of it, and who has given users back meanwhile. */
    readonly watch: StepWatch;
    readonly moved: readonly Moved[];
    readonly isSwitch: boolean;
}

/**
 * Takes one step of a release: the config is written, then applied, then it is seen whether the routes have followed.
 *
 * @returns the services as they are applied then, or how the release ended because somebody has given users back meanwhile.
 * @throws when the step is refused or fails: then the config says what is applied, or, where that can't be read, what may be.
 */
export async function takeStep(
    step: ReleaseStep,
    { watch, moved, isSwitch }: Before,
    hands: Hands,
): Promise<{ readonly moved: readonly Moved[] } | Ending> {
    const evidence = watch.takeEvidence();
    const takings = moved.map((one) => takingBy(step, one, isSwitch));
    const goals = moved.map(({ service, served }, index) => [service, takings[index]?.weights ?? served.weights]);
    const given = givenOf(Object.fromEntries(goals) as WeightsOf);
    hands.tell({ kind: "step", step: step.name, ...given });
    const began = Date.now();
    const values = Object.assign({}, ...takings.map((taking) => taking?.values)) as Values;
    const weights: WeightsOf = Object.fromEntries(
        moved.flatMap(({ service }, index) => {
            const own = takings[index]?.weights;
            return own ? [[service, own]] : [];
        }),
    );
    const old = await hands.write(values, weights);
    const leftOf = (now: readonly Moved[]): number[] =>
        now.flatMap(({ served }, index) => (takings[index]?.isTaken(served) === false ? [index] : []));
    try {
        const what = moved.map(({ service, to }) => `${service} ${to}`).join(", ");
        await hands.up([`${what}: ${step.name}`, evidence].filter(Boolean).join("; "));
    } catch (error) {
        // What was refused must not be what the next update would apply; what was applied before it failed stays said.
        const now = await servedNow(moved).catch(() => undefined);
        if (!now && !(error instanceof StepRefused)) throw notKnown(error as Error, hands);
        const left = leftOf(now ?? moved);
        const isWhole = left.length === takings.filter(Boolean).length;
        const undone = left.map((index) =>
            takings[index]?.undone(isWhole ? old : ownOf(moved[index]?.service ?? "", old)),
        );
        if (left.length > 0) await putBack(hands, Object.assign({}, ...undone) as Values, { values, weights });
        throw error;
    }
    const after = await patiently(hands, step.name, () => servedNow(moved));
    const aborted = await watch.abortedMeanwhile(step.name, after);
    if (aborted) return aborted;
    const left = leftOf(after);
    if (left.length > 0) {
        const names = namesOf(left.map((index) => moved[index] as Moved));
        throw new Error(notRead(names, Object.keys(old), takings[left[0] ?? 0]?.howToRead ?? ""));
    }
    hands.tell({ kind: "applied", step: step.name, seconds: secondsSince(began), ...given });
    return { moved: after };
}

/** What a step comes to for one service; one that is further already stays there, and undefined where it has nothing of the step. */
function takingBy(step: ReleaseStep, moved: Moved, isSwitch: boolean): Taking | undefined {
    const own = notLess(step, moved.to, moved.served);
    return own && takingOf(moved.service, own, { ...moved, isSwitch });
}

function notRead(service: string, paths: readonly string[], how: string): string {
    return `The config was given ${paths.join(", ")}, and the routes of ${service} do not follow: the program takes them from elsewhere.\n  fix: read them in the program: ${how}`;
}
