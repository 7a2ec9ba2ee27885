import type { Weights } from "../../components/traffic/split/weights";
import { linesOf, Refused, StepRefused } from "../../cluster/refused";
import { UserError } from "../../components/userError";
import { withParts } from "./chain/parts";
import type { Ending, Values, WeightsOf } from "./hands";
import { withoutCopies } from "./kinds/taking";
import { type BackHands, manyOf } from "./manyHands";
import type { Moved, Off } from "./members";
import { weightsAt } from "./steps";
import { noWord } from "./toldOtherwise";

/**
 * Gives all users of a release's services back to stable, all of them together, and writes down that their versions came back: first
 * where users are served, then in config and state.
 *
 * @throws when the last of it fails; users are on stable then, and the config says so.
 */
export async function goBack(moved: readonly Moved[], why: string): Promise<void> {
    await goBackTogether(moved, manyOf(moved), why);
}

/** The same by the routes as they are applied now: a step is watched for long, and others update the stack meanwhile. */
export async function goBackAsApplied(seen: readonly Moved[], why: string): Promise<Ending> {
    const moved = seen.map(async (one) => ({ ...one, served: await one.hands.served().catch(() => one.served) }));
    await goBack(await Promise.all(moved), why);
    return { outcome: "rolledBack", words: why };
}

/**
 * The same for several services of a stack: the routes of all, one write of the config, one update.
 *
 * @param isEvery whether they are all that the stack has off stable.
 * @throws as `goBack` does
 */
export async function goBackTogether(
    all: readonly Off[],
    hands: BackHands,
    why: string,
    isEvery = false,
): Promise<void> {
    await giveRoutesBack(all, hands, why);
    await settleBack(all, hands, why, isEvery);
}

/** The first half of it: the routes. Where those can't be written, that is told, and the update does it. */
export async function giveRoutesBack(all: readonly Off[], hands: BackHands, why: string): Promise<void> {
    const of = withParts({
        services: Object.fromEntries(all.map(({ service, served }) => [service, served])),
        others: [],
    });
    for (const { service, served } of all) hands.tell({ kind: "goesBack", service, to: served.stable, why });
    const began = Date.now();
    // Before anything else is done, on a machine that has better things to do: who serves errors is to serve none as soon as can be.
    await hands.giveBack(onStable(all), of).then(
        () => hands.tell({ kind: "back", seconds: (Date.now() - began) / 1000 }),
        // The update leads users back, too, and says more of what is wrong.
        (error: Error) =>
            hands.tell({ kind: "waits", step: "back", why: `only pulumi up can do it: ${error.message}` }),
    );
}

/** The second half: config and state. @param isEvery as `goBackTogether` has it. @throws when that fails */
export async function settleBack(all: readonly Off[], hands: BackHands, why: string, isEvery = false): Promise<void> {
    const weights = onStable(all);
    await hands.write(abortedBy(all), weights);
    const message = `${all.map(({ service, served }) => `${service} back to ${served.stable}`).join(", ")}: ${why}`;
    await applyUntil(hands, message, weights, all).catch((error: Error) => {
        throw error instanceof StepRefused ? refusedBeside(all, error, hands, isEvery) : error;
    });
}

/** Nothing that leads users back is refused: it is what the config asks for of others. How that would be allowed is no way back. */
function refusedBeside(
    all: readonly Off[],
    { findings }: StepRefused,
    { where }: Pick<BackHands, "where">,
    isEvery: boolean,
): Refused {
    const asked = linesOf(findings.map((one) => ({ ...one, fix: undefined })));
    const on = all.map(({ service, served }) => `${service} on ${served.stable}`).join(", ");
    const named = isEvery ? "--all" : all.map(({ service }) => service).join(" ");
    // Weights are all that a rollback takes back.
    const isByWeights = findings.every(({ code }) => code === "raise" || code === "together");
    const others = `; or give back what it asks for as well: npx upshift rollback --all${where}`;
    return new Refused({
        what: `The config has ${on}, and so have the routes where that is told above. The update that brings the state in line is not made, because the config asks for something else, too:\n${asked}`,
        fix: `take that back in the config, then: npx upshift rollback ${named}${where}${isByWeights && !isEvery ? others : ""}`,
    });
}

/**
 * Makes the update until no version has more users than it was left: a driver that was taking a step just then has written its own
 * weights over ours; it ends at its next look.
 */
export async function applyUntil(
    hands: BackHands,
    message: string,
    weights: WeightsOf,
    all: readonly Off[],
): Promise<void> {
    let moved: readonly Off[] = [];
    for (let tries = 0; tries < maxTries; tries++) {
        await hands.up(message);
        const { services } = withParts(await hands.served());
        const isMoved = (to: string) => (service: string) =>
            (services[service]?.weights[to] ?? 0) > (weights[service]?.[to] ?? 0);
        moved = all.filter((one) => movedWith(one, weights).some(isMoved(one.to)));
        if (moved.length === 0) return;
        const names = moved.flatMap((one) => movedWith(one, weights));
        await hands.write(
            abortedBy(moved),
            Object.fromEntries(names.map((service) => [service, weights[service] ?? {}])),
        );
    }
    const [{ service } = { service: "" }] = moved;
    throw new UserError({
        what: `${moved.map((one) => `${one.service} ${one.to}`).join(" and ")} has users again after ${maxTries} updates: somebody else moves them.`,
        fix: `npx upshift abort ${service}${hands.where}`,
    });
}

/** A service, and of a chain those of its services that go back with it. */
function movedWith({ service, served }: Off, weights: WeightsOf): string[] {
    const parts = (served.chain?.services ?? []).map(({ name }) => name);
    return [service, ...parts.filter((name) => name in weights)];
}

function onStable(all: readonly Off[]): WeightsOf {
    return backAt(all, () => 0);
}

/**
 * The weights of each, with a share for the version that its users come from; and of a chain those of its services that have followed
 * it to that version.
 */
export function backAt(all: readonly Off[], shareOf: (one: Off) => number): WeightsOf {
    const weightsOf = (one: Off): [string, Weights][] => {
        const { service, to, served } = one;
        const share = shareOf(one);
        const followers = (served.chain?.services ?? []).filter(({ weights }) => (weights[to] ?? 0) > share);
        // An edge that is further back than they are stays there.
        const least = Math.min(share, served.weights[to] ?? 0);
        return [
            [service, weightsAt(to, least, served)],
            ...followers.map((own): [string, Weights] => [own.name, weightsAt(to, share, own)]),
        ];
    };
    return Object.fromEntries(all.flatMap(weightsOf));
}

/** That they came back, for whoever would start them again; no copies any more, and no word that was given to a step of theirs. */
export function abortedBy(all: readonly Off[]): Values {
    const own = ({ service, served, to }: Off): Values => ({
        [`release.${service}.aborted`]: to,
        ...noWord(service),
        ...withoutCopies(service, served, to),
    });
    return Object.assign({}, ...all.map(own)) as Values;
}

const maxTries = 3;
