import { StepRefused } from "../../../cluster/refused";
import { UserError } from "../../../components/userError";
import { shares } from "../../plan/words";
import type { Values, WeightsOf } from "../hands";
import { withParts } from "../chain/parts";
import { refuseWhereStopped } from "../line";
import { type BackHands, givenOf } from "../manyHands";
import { notKnown } from "../notKnown";
import { putBack } from "../putBack";
import { secondsSince } from "../durations";
import { areSame } from "../undo/way";

/** One update that moves users. */
export interface Taken {
    /** As people call it: `1 of 2`, `25`. */
    readonly step: string;
    /** What the stack's history has of it. */
    readonly message: string;
    /** Of services, and of those of a chain by their own names. */
    readonly weights: WeightsOf;
    /** What else of the config is written with it. */
    readonly values?: Values;
}

/**
 * Takes one step of a verb: the config is written, then applied, then it is seen whether the routes have followed.
 *
 * @throws when it is refused: then the config is as it was before, unless it was applied before it failed. When the routes have not
 *     followed, with what was written.
 */
export async function take(hands: BackHands, { step, message, weights, values = {} }: Taken): Promise<void> {
    await refuseWhereStopped(hands);
    const several = Object.keys(weights).length > 1;
    for (const [service, own] of Object.entries(weights))
        hands.tell({ kind: "step", step: several ? `${step}, ${service}` : step, weights: own });
    const began = Date.now();
    const old = await hands.write(values, weights);
    const isTaken = async (): Promise<boolean> => {
        const { services } = withParts(await hands.served());
        return Object.entries(weights).every(([service, own]) => areSame(services[service]?.weights ?? {}, own));
    };
    const words = Object.entries(weights).map(([service, own]) => `${service} ${shares(own)}`);
    try {
        await hands.up([message, ...words].join("; "));
    } catch (error) {
        // What was refused must not be what the next update would apply; what was applied before it failed stays said.
        const isRefused = error instanceof StepRefused || Object.keys(weights).length === 0;
        const isMade = !isRefused && (await isTaken().catch(() => undefined));
        if (isMade === undefined) throw notKnown(error as Error, hands);
        if (!isMade) await putBack(hands, old, { values, weights });
        throw error;
    }
    // Whoever has gone back meanwhile has written that into the config: it stays there.
    if (!(await isTaken()))
        throw new UserError({
            what: `The config was given ${Object.keys(old).join(", ")}, and the routes do not follow: the program takes them from elsewhere, or somebody else moves them.`,
            fix: `see who moved whom: npx upshift history${hands.where}`,
        });
    hands.tell({ kind: "applied", step, seconds: secondsSince(began), ...givenOf(weights) });
}
