import { Refused } from "../../../cluster/refused";
import { UserError } from "../../../components/userError";
import { ExitCode } from "../../exitCode";
import { MeshCallers } from "../../gate/sources/meshCallers";
import { ProxyCounts } from "../../gate/sources/proxies";
import { catchUp } from "../chain/catchUp";
import { ended } from "../ended";
import type { Count } from "../finish/drain";
import type { FinishHands } from "../finish/finishHands";
import { kept } from "../finish/keep";
import { previousOf, refuseWhereLed } from "../finish/previous";
import { quietness, quietWords } from "../finish/quiet";
import type { Remover } from "../finish/remover";
import { allOn, leavingOf, takeAway } from "../finish/takeAway";
import type { Values } from "../hands";
import { givenOf } from "../manyHands";
import { countedIn, type Member, type Moved, servedNow } from "../members";
import type { ReleasedService } from "../service";
import { secondsOf, secondsSince } from "../durations";
import { endlessBake, ofOneRelease } from "../settings";
import { StepWatch } from "../watch";
import { type About, interruptible, membersFor } from "./about";

/** What is asked for on the command line. */
export interface FinishFlags {
    /** How long the versions are watched at all users, by the release's gates, before they become the stable ones. Default: not at all. */
    readonly bake?: string | undefined;
    /** How long the old version is kept since its last user left; it stands in the config from then on. Default: as that has it. */
    readonly keep?: string | undefined;
    /** Takes the old version away once nobody asks it any more. Default: it is only said how. */
    readonly remove?: boolean | undefined;
}

/** How a release is finished. */
export interface FinishOptions extends FinishFlags {
    /** Counts what the old version of a service still gets. */
    readonly count: Count;
    /** Finds out how versions are taken away. */
    readonly remover: Remover;
}

/** A service of a release that is finished. */
export type FinishMember = Member & { readonly hands: FinishHands };

/**
 * Makes the version that has all users the stable one, in a real stack, and takes the old one away where that is asked for.
 *
 * @returns and throws as `finish` does.
 */
export async function finishStack(
    service: string,
    { bake, keep, remove, ...about }: About & FinishFlags,
): Promise<ExitCode> {
    const members = await membersFor(service, about);
    const [{ hands }] = members;
    const count: Count = async ({ access, host }, version, least) => {
        const callers = new MeshCallers(access);
        try {
            const source = new ProxyCounts(() => callers.list(), false);
            return await quietness(host, version, { source, rest: (seconds) => hands.rest(seconds) }, least);
        } finally {
            callers.close();
        }
    };
    const { StackRemover } = await import("../finish/stackRemover");
    const remover = new StackRemover(about.stack, about.folder);
    const all = members.map((one) => one.hands);
    try {
        return await interruptible(all, () => finish(members, { bake, keep, remove, count, remover }));
    } finally {
        for (const one of all) one.close();
    }
}

/**
 * Makes the version that has all users the stable one; with a time to bake only where the gate lets it pass, and once the old version
 * was kept for as long as the config says. Of services that are released as one, those of all of them, by one update. Then the old
 * version is taken away, or it is said how.
 *
 * It holds no state of its own: killed and started again, it goes on where it was.
 *
 * @returns the exit code: well; findings where one was worse and users are back; held where it could not be judged, somebody has
 *     interrupted it, or the version could not be taken away.
 * @throws when a service has no version but the stable one that has all users; nothing is changed then. When an update is refused: then
 *     the config is as it was before it.
 */
export async function finish(members: readonly FinishMember[], options: FinishOptions): Promise<ExitCode> {
    const now = await servedNow(members);
    const again = now.map(({ service, hands: { where } }) => commandFor(service, where, options)).join(" && ");
    const declared = await Promise.all(members.map((one) => one.hands.declared()));
    const isOver =
        now.every(({ served }) => allOn(served) === served.stable) && declared.some(({ previous }) => previous);
    if (!options.remove || !isOver) {
        const held = await makeStable(now, options, again);
        if (held !== undefined) return held;
    }
    await members[0]?.hands.write(over(members));
    if (options.remove) return takeAway(members, { ...options, again });
    const words = await Promise.all(now.map((one) => wordsFor(one, options.count)));
    return ended((members[0] as FinishMember).hands, "done", words.flat().join("\n"));
}

/** Up to where the new versions are the stable ones. @returns the exit code where it does not come to that */
async function makeStable(
    now: readonly (FinishMember & { readonly served: ReleasedService })[],
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
    const began = Date.now();
    const old = await hands.write(await marksFor(whole));
    try {
        await hands.up(whole.map(({ service, to }) => `${service}: ${to} is the stable version`).join(", "));
    } catch (error) {
        await hands.write(old);
        throw error;
    }
    await checkMarks(whole);
    const given = givenOf(Object.fromEntries(whole.map(({ service, served }) => [service, served.weights])));
    hands.tell({ kind: "applied", step: "finish", seconds: secondsSince(began), ...given });
    return undefined;
}

/** @throws where the versions would be watched for longer than they are waited for */
async function refuseEndless(bake: string, members: readonly FinishMember[]): Promise<void> {
    for (const { service, hands } of members) {
        const endless = endlessBake(bake, (await hands.declared()).timeout);
        if (endless === undefined) continue;
        const where = `release.${service}.timeout`;
        throw new UserError({ what: endless, where, fix: `pulumi config set --path ${where} ${2 * secondsOf(bake)}s` });
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

/** A release that is over leaves nothing of its own behind; how the next one is made stays. */
function over(members: readonly Member[]): Values {
    return Object.fromEntries(
        members.flatMap(({ service }) => ofOneRelease.map((key) => [`release.${service}.${key}`, undefined])),
    );
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

/** What is to be said of services whose stable version is another by now. @param member as it was before */
async function wordsFor(
    member: FinishMember & { readonly served: ReleasedService },
    count: Count,
): Promise<readonly string[]> {
    const { hands } = member;
    const to = allOn(member.served) ?? "";
    return Promise.all(
        countedIn({ ...member, to }).map(async ({ service, served }) => {
            const { stable, weights } = served;
            const words = `${to} is the stable version of ${service}; ${stable} has no users and can be taken away.`;
            if (!(stable in weights)) return words;
            const counted = quietWords(service, stable, await count(served, stable), hands.where);
            return `${words}\n${counted}\nTo take ${stable} away: ${commandFor(member.service, hands.where, { remove: true })}`;
        }),
    );
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

/** What goes on with it; the time to keep stands in the config. */
function commandFor(service: string, where: string, { bake, remove }: FinishFlags): string {
    const flags = `${bake === undefined ? "" : ` --bake ${bake}`}${remove ? " --remove" : ""}`;
    return `npx upshift finish ${service}${where}${flags}`;
}
