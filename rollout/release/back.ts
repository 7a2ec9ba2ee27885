import { UserError } from "../../components/userError";
import type { Hands, Values } from "./hands";
import { withoutCopies } from "./kinds/taking";
import { type BackHands, manyOf, type WeightsOf } from "./manyHands";
import type { ReleasedService } from "./service";
import { weightsAt } from "./steps";

/** A service whose users go back to stable, and the version that they come from. */
export interface Back {
    readonly service: string;
    readonly served: ReleasedService;
    readonly to: string;
}

/**
 * Gives all users back to stable, and writes down that the version came back: first where users are served, then in config and state.
 *
 * @throws when the last of it fails; users are on stable then, and the config says so.
 */
export function goBack(service: string, hands: Hands, served: ReleasedService, to: string, why: string): Promise<void> {
    return goBackTogether([{ service, served, to }], manyOf(service, hands), why);
}

/**
 * The same for several services at once: the routes of all, one write of the config, one update.
 *
 * @throws as `goBack` does.
 */
export async function goBackTogether(all: readonly Back[], hands: BackHands, why: string): Promise<void> {
    const weights = backAt(all, () => 0);
    const of = { services: Object.fromEntries(all.map(({ service, served }) => [service, served])), others: [] };
    for (const { served } of all) hands.tell({ kind: "goesBack", to: served.stable, why });
    const began = Date.now();
    // Before anything else is done, on a machine that has better things to do: who serves errors is to serve none as soon as can be.
    await hands.giveBack(weights, of).then(
        () => hands.tell({ kind: "back", seconds: (Date.now() - began) / 1000 }),
        // The update leads users back, too, and says more of what is wrong.
        (error: Error) =>
            hands.tell({ kind: "waits", step: "back", why: `only pulumi up can do it: ${error.message}` }),
    );
    await hands.write(abortedBy(all), weights);
    const message = `${all.map(({ service, served }) => `${service} back to ${served.stable}`).join(", ")}: ${why}`;
    await applyUntil(hands, message, weights, all);
}

/**
 * Makes the update until no version has more users than it was left: a driver that was taking a step just then has written its own
 * weights over ours; it ends at its next look.
 */
export async function applyUntil(
    hands: BackHands,
    message: string,
    weights: WeightsOf,
    all: readonly Back[],
): Promise<void> {
    let moved: readonly Back[] = [];
    for (let tries = 0; tries < maxTries; tries++) {
        await hands.up(message);
        const { services } = await hands.served();
        moved = all.filter(({ service, to }) => (services[service]?.weights[to] ?? 0) > (weights[service]?.[to] ?? 0));
        if (moved.length === 0) return;
        await hands.write(
            abortedBy(moved),
            Object.fromEntries(moved.map(({ service }) => [service, weights[service] ?? {}])),
        );
    }
    const [{ service, to } = { service: "", to: "" }] = moved;
    throw new UserError({
        what: `${service} ${to} has users again after ${maxTries} updates: somebody else moves them.`,
        fix: `npx upshift abort ${service}${hands.where}`,
    });
}

/** The weights of each, with a share for the version that its users come from. */
export function backAt(all: readonly Back[], shareOf: (one: Back) => number): WeightsOf {
    return Object.fromEntries(all.map((one) => [one.service, weightsAt(one.to, shareOf(one), one.served)]));
}

/** That they came back, for whoever would start them again; and no copies any more. */
export function abortedBy(all: readonly Back[]): Values {
    const own = ({ service, served, to }: Back): Values => ({
        [`release.${service}.aborted`]: to,
        ...withoutCopies(service, served, to),
    });
    return Object.assign({}, ...all.map(own)) as Values;
}

const maxTries = 3;
