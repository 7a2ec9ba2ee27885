import type { ExitCode } from "../../exitCode";
import { MeshCallers } from "../../gate/sources/meshCallers";
import { ProxyCounts } from "../../gate/sources/proxies";
import { ended } from "../ended";
import type { Count } from "../finish/drain";
import type { FinishFlags, FinishMember } from "../finish/finishHands";
import { makeStable } from "../finish/makeStable";
import { quietness, quietWords } from "../finish/quiet";
import type { Remover } from "../finish/remover";
import { allOn, takeAway } from "../finish/takeAway";
import type { Values } from "../hands";
import { countedIn, type Member, servedNow } from "../members";
import type { ReleasedService } from "../service";
import { ofOneRelease } from "../settings";
import { type About, interruptible, membersFor } from "./about";

/** How a release is finished. */
export interface FinishOptions extends FinishFlags {
    /** Counts what the old version of a service still gets. */
    readonly count: Count;
    /** Finds out how versions are taken away. */
    readonly remover: Remover;
}

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
    const isMade =
        now.every(({ served }) => allOn(served) === served.stable) && declared.some(({ previous }) => previous);
    // Made and no further: its update failed after that, or the command was killed.
    const isCutOff = isMade && declared.some(({ to }, index) => to !== undefined && to === now[index]?.served.stable);
    if (!isMade || !(options.remove || isCutOff)) {
        const held = await makeStable(now, declared, options, again);
        if (held !== undefined) return held;
    }
    // A word that users were given back, said just now, is no part of what is over.
    const marks = members.map(
        ({ service }, index) => [`release.${service}.aborted`, declared[index]?.aborted] as const,
    );
    await members[0]?.hands.write(over(members), {}, Object.fromEntries(marks));
    if (options.remove) return takeAway(members, { ...options, again });
    const words = await Promise.all(
        now.map((one, index) => wordsFor(one, options.count, isMade ? declared[index]?.previous : undefined)),
    );
    return ended((members[0] as FinishMember).hands, "done", words.flat().join("\n"));
}

/** A release that is over leaves nothing of its own behind; how the next one is made stays. */
function over(members: readonly Member[]): Values {
    return Object.fromEntries(
        members.flatMap(({ service }) => ofOneRelease.map((key) => [`release.${service}.${key}`, undefined])),
    );
}

/**
 * What is to be said of services whose stable version is another by now.
 *
 * @param member as it was before.
 * @param previous the versions that it had before, where that was made by an earlier `finish`.
 */
async function wordsFor(
    member: FinishMember & { readonly served: ReleasedService },
    count: Count,
    previous: string | undefined,
): Promise<readonly string[]> {
    const { hands } = member;
    const to = allOn(member.served) ?? "";
    return Promise.all(
        countedIn({ ...member, to }).map(async ({ service, served }) => {
            const { weights } = served;
            const [stable = ""] = previous?.split(",") ?? [served.stable];
            const words = `${to} is the stable version of ${service}; ${stable} has no users and can be taken away.`;
            if (!(stable in weights)) return words;
            const counted = quietWords(service, stable, await count(served, stable), hands.where);
            return `${words}\n${counted}\nTo take ${stable} away: ${commandFor(member.service, hands.where, { remove: true })}`;
        }),
    );
}

/** What goes on with it; the time to keep stands in the config. */
function commandFor(service: string, where: string, { bake, remove }: FinishFlags): string {
    const flags = `${bake === undefined ? "" : ` --bake ${bake}`}${remove ? " --remove" : ""}`;
    return `npx upshift finish ${service}${where}${flags}`;
}
