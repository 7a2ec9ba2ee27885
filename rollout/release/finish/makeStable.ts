import { Refused, StepRefused } from "../../../cluster/refused";
import { UserError } from "../../../components/userError";
import type { ExitCode } from "../../exitCode";
import { goBack } from "../back";
import { catchUp } from "../chain/catchUp";
import { secondsSince } from "../durations";
import { ended } from "../ended";
import type { Values } from "../hands";
import { givenOf } from "../manyHands";
import { countedIn, type Moved, servedNow } from "../members";
import { notKnown } from "../notKnown";
import { putBack } from "../putBack";
import type { ReleasedService } from "../service";
import { type DeclaredRelease, endlessBake } from "../settings";
import { abortedWords } from "../toldOtherwise";
import { StepWatch } from "../watch";
import type { FinishFlags, FinishHands, FinishMember } from "./finishHands";
import { kept } from "./keep";
import { previousOf, refuseWhereLed } from "./previous";
import { allOn, leavingOf } from "./takeAway";

/** Up to where the new versions are the stable ones. @returns the exit code where it does not come to that */
export async function makeStable(
    now: readonly (FinishMember & { readonly served: ReleasedService })[],
    declared: readonly DeclaredRelease[],
    { bake, keep, remove = false }: FinishFlags,
    again: string,
): Promise<ExitCode | undefined> {
    const whole = now.map((one) => ({ ...one, to: wholeIn(one, { remove, again }) }));
    const [first] = whole;
    if (!first) throw new Error("A release has no service.");
    const { hands } = first;
    // Not only after half an hour in which it was kept.
    if (remove) refuseWhereLed(await leavingOf(whole), { where: hands.where, again, besides: true });
    if (keep !== undefined)
        await hands.write(Object.fromEntries(whole.map(({ service }) => [`release.${service}.keep`, keep])));
    if (bake !== undefined) {
        await refuseEndless(bake, whole);
        const step = { kind: "weight", name: "100", percent: 100 } as const;
        const ending = await new StepWatch(hands, { bake }).passed([step], 0, whole);
        if (ending) return ended(hands, ending.outcome, ending.words);
    }
    const held = await catchUp(whole);
    if (held !== undefined) return held;
    const ending = await kept(whole, again);
    if (ending) return ended(hands, ending.outcome, ending.words);
    const back = await givenBack(whole, declared);
    if (back) return ended(hands, "aborted", abortedWords(back).words);
    const began = Date.now();
    const values = await marksFor(whole);
    const old = await hands.write(values);
    try {
        await hands.up(whole.map(({ service, to }) => `${service}: ${to} is the stable version`).join(", "));
    } catch (error) {
        const after = error instanceof StepRefused ? whole : await servedNow(whole).catch(() => undefined);
        if (!after) throw notKnown(error as Error, hands);
        // What was made before it failed stays said, and the next `finish` goes on from there.
        if (after.some(({ served, to }) => served.stable !== to)) await putBack(hands, old, { values });
        throw error;
    }
    const late = await givenBack(whole, declared);
    if (late) return undone(whole, late, { old, values });
    await checkMarks(whole);
    const given = givenOf(Object.fromEntries(whole.map(({ service, served }) => [service, served.weights])));
    hands.tell({ kind: "applied", step: "finish", seconds: secondsSince(began), ...given });
    return undefined;
}

/** The service that somebody has given back since `finish` began. */
async function givenBack(
    whole: readonly (Moved & { readonly hands: FinishHands })[],
    before: readonly DeclaredRelease[],
): Promise<Moved | undefined> {
    const now = await Promise.all(whole.map((one) => one.hands.declared()));
    return whole.find(({ to }, index) => now[index]?.aborted === to && before[index]?.aborted !== to);
}

/**
 * Takes the mark back that was made while somebody gave users back: that update has led them to the new version once more. In two steps:
 * the old version is no way back as long as the new one is the stable one.
 */
async function undone(
    whole: readonly Moved[],
    back: Moved,
    { old, values }: { readonly old: Values; readonly values: Values },
): Promise<ExitCode> {
    const { hands } = back;
    const { words } = abortedWords(back);
    await putBack(hands, old, { values });
    await hands.write({}, Object.fromEntries(whole.map(({ service, served }) => [service, served.weights])));
    await hands.up(
        whole.map(({ service, served }) => `${service}: ${served.stable} stays the stable version`).join(", "),
    );
    await goBack(whole, words);
    return ended(hands, "aborted", words);
}

/** @throws where the versions would be watched for longer than they are waited for */
async function refuseEndless(bake: string, members: readonly FinishMember[]): Promise<void> {
    for (const { service, hands } of members) {
        const endless = endlessBake(bake, (await hands.declared()).timeout);
        if (!endless) continue;
        const where = `release.${service}.timeout`;
        const fix = `pulumi config set --path ${where} ${endless.timeout}`;
        throw new UserError({ what: endless.why, where, fix });
    }
}

/** What the config is given: the stable versions, and which are left without users, for whoever takes them away. */
async function marksFor(whole: readonly (Moved & { readonly hands: FinishHands })[]): Promise<Values> {
    const stable = whole
        .flatMap((one) => countedIn(one))
        .flatMap(({ service, to }) => [
            [`stable.${service}`, to] as const,
            [`blueGreen.${service}`, undefined] as const,
        ]);
    const left = whole.map(async ({ service, served, to, hands }) => {
        const { previous, baseline } = await hands.declared();
        const versions = previousOf(served, to, { noted: previous, baseline });
        return [`release.${service}.previous`, versions.join(",") || undefined] as const;
    });
    return Object.fromEntries([...stable, ...(await Promise.all(left))]);
}

/** @throws where a program takes the stable version from elsewhere; an edge takes it from its services */
async function checkMarks(whole: readonly Moved[]): Promise<void> {
    const after = await servedNow(whole);
    const left = after.find(({ served, to }) => served.stable !== to);
    if (!left) return;
    const { service, to, served, hands } = left;
    if (!served.chain)
        throw new UserError({
            what: `The config was given stable.${service}: ${to}, and the routes of ${service} still have ${served.stable} as their stable version, to which a rollback would return: the program takes it from elsewhere.`,
            fix: `read it in the program: new TrafficSplit("${service}", { step: { stable: new pulumi.Config().getObject("stable")?.["${service}"] }, … }), then npx upshift finish ${service}${hands.where}`,
        });
    throw new UserError({
        what: `The services of ${service} have ${to} as their stable version, and its edge still has ${served.stable}, to which a rollback would return.`,
        fix: `have the program give the edge's VirtualService upshift.dev/stable from stable.${served.chain.services[0]?.name}, then pulumi up and: npx upshift finish ${service}${hands.where}`,
    });
}

/** The version that has all users. @throws where that is the stable one, or none */
function wholeIn(
    { service, served, hands: { where } }: Omit<Moved, "to"> & { readonly hands: FinishHands },
    { remove, again }: { readonly remove: boolean; readonly again: string },
): string {
    const whole = allOn(served);
    if (whole !== undefined && whole !== served.stable) return whole;
    if (whole === undefined)
        throw new Refused({
            what: `No version of ${service} has all users.`,
            fix: `npx upshift release ${service}${where}`,
        });
    const what = `${whole} has all users of ${service} and is stable already`;
    const idle = Object.keys(served.weights).find((version) => version !== whole);
    if (remove && idle !== undefined)
        throw new Refused({
            what: `${what}, and the config notes no version that its release has left.`,
            fix: `name it: pulumi config set --path release.${service}.previous ${idle}, then ${again}`,
        });
    throw new Refused({ what: `${what}.`, fix: `npx upshift release ${service}${where} --to VERSION` });
}
