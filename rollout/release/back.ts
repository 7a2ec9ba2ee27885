import type { Hands } from "./hands";
import { withoutCopies } from "./kinds/taking";
import type { ReleasedService } from "./service";
import { weightsAt } from "./steps";
import { UserError } from "../../components/userError";

/**
 * Gives all users back to stable, and writes down that the version came back: first where users are served, then in config and state.
 *
 * @throws when the last of it fails; users are on stable then, and the config says so.
 */
export async function goBack(
    service: string,
    hands: Hands,
    served: ReleasedService,
    to: string,
    why: string,
): Promise<void> {
    const weights = weightsAt(to, 0, served);
    hands.tell({ kind: "goesBack", to: served.stable, why });
    const began = Date.now();
    const write = (): Promise<unknown> =>
        hands.write({ [`release.${service}.aborted`]: to, ...withoutCopies(service, served, to) }, weights);
    // Before anything else is done, on a machine that has better things to do: who serves errors is to serve none as soon as can be.
    await hands.giveBack(weights, served).then(
        () => hands.tell({ kind: "back", seconds: (Date.now() - began) / 1000 }),
        // The update leads users back, too, and says more of what is wrong.
        (error: Error) =>
            hands.tell({ kind: "waits", step: "back", why: `only pulumi up can do it: ${error.message}` }),
    );
    await write();
    for (let tries = 0; tries < maxTries; tries++) {
        await hands.up(`${service} back to ${served.stable}: ${why}`);
        if ((await hands.served()).weights[to] === 0) return;
        // A driver that was taking a step just then has written its own weights over ours; it ends at its next look.
        await write();
    }
    throw new UserError({
        what: `${service} ${to} has users again after ${maxTries} updates: somebody else moves them.`,
        fix: `npx upshift abort ${service}${hands.where}`,
    });
}

const maxTries = 3;
