import type { ExitCode } from "../../exitCode";
import { ended } from "../ended";
import { manyOf } from "../manyHands";
import { type Moved, servedNow } from "../members";
import { weightsAt } from "../steps";
import { type Journey, journeyOf, wayBetween } from "../undo/way";
import { take } from "../verbs/take";

/**
 * Brings the own weights of a chain's services to the version that the edge gives all its users: by them go those who come by another
 * way, and the way back is to lead nobody to a version that is no more the stable one. By as many steps as their limits ask for.
 *
 * @param moved members of a release whose version has all users; those that are no chain are left as they are.
 * @returns the exit code where it was interrupted, or somebody has gone back meanwhile.
 * @throws when a step is refused: then the config is as it was before it.
 */
export async function catchUp(moved: readonly Moved[]): Promise<ExitCode | undefined> {
    const journeys = moved.flatMap(journeysOf);
    const steps = wayBetween(journeys);
    if (steps.length === 0) return undefined;
    const hands = manyOf(moved);
    const chains = moved.filter(({ served }) => served.chain);
    const names = chains.map(({ service }) => service).join(" and ");
    hands.tell({
        kind: "plans",
        what: `those who come to the services of ${names} by another way than the edge follow`,
        moves: journeys.map(({ service, from, to }) => ({ service, from, to })),
        steps: steps.length,
        notes: [],
    });
    for (const [index, weights] of steps.entries()) {
        // Whoever has gone back meanwhile has gone back with all of them.
        const back = (await servedNow(moved)).find(({ to, served }) => served.weights[to] !== 100);
        if (back)
            return ended(
                hands,
                "aborted",
                `Somebody has moved the users of ${back.service} from ${back.to} meanwhile.`,
            );
        const step = `${index + 1} of ${steps.length}`;
        await take(hands, { step, message: `the services of ${names} follow their edge, ${step}`, weights });
        if (moved.some((one) => one.hands.isInterrupted) && index + 1 < steps.length)
            return ended(
                hands,
                "held",
                `All users who come by the edge stay where they are, and of the others a part has followed.\n  fix: npx upshift finish ${moved[0]?.service}${hands.where}`,
            );
    }
    return undefined;
}

function journeysOf({ to, served }: Moved): Journey[] {
    return (served.chain?.services ?? [])
        .filter(({ weights }) => weights[to] !== 100)
        .map((one) => journeyOf(one.name, one, weightsAt(to, 100, one)));
}
