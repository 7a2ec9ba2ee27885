import type { Change as Effect } from "../../components/traffic/effect/changes";
import type { Share } from "../../components/traffic/effect/share";
import { yardstickOf } from "../../components/traffic/judge/limits";
import { round } from "../../components/traffic/judge/words";
import type { Weights } from "../../components/traffic/split/weights";
import { areSame, isChanged, isOfSameRequests } from "./compare";
import { isNoVersion, nameOf } from "./step";
import type { View } from "./views";
import { type HeaderNames, who } from "./who";
import { shares, type Special } from "./words";

/** Each of the requests that are told apart, with what they get, in words. */
export function specialOf(view: View, names: HeaderNames): Special[] {
    const { main } = view;
    const rows = view.special.map((effect): Special => {
        const [from, to] = [effect.before, effect.after].map((one) => outcomes(one, view));
        const stays = !isChanged(effect);
        const isCode = !stays && from === to;
        return {
            who: who(effect, names),
            ...((stays || !areSame(effect.before, main.before)) && effect.before.length > 0 && { from }),
            ...((stays || isCode || !areSame(effect.after, main.after)) && effect.after.length > 0 && { to }),
            ...(isCode && { isNewCode: true }),
        };
    });
    const told = rows.filter(({ from, to }) => from !== undefined || to !== undefined);
    // Of several that are called the same the one that changes is told: what moves must not stand behind what stays.
    const of = (who: string): Special[] => told.filter((one) => one.who === who);
    return told.filter((one) => one === (of(one.who).find(({ from, to }) => from !== to) ?? of(one.who)[0]));
}

/** What somebody else has done to some requests, and what a step makes of it. */
export function driftSentence(effect: Effect, view: View, names: HeaderNames): string {
    const [now = "", then = ""] = [effect.before, effect.after].map((one) => shares(weightsOf(one, view)));
    const applied = shares(weightsOf(appliedOf(effect, view).before, view));
    const whose = effect.via === undefined && who(effect, names) === "requests" ? "" : ` of ${who(effect, names)}`;
    return now === applied
        ? `Somebody else has changed what answers${whose}: this takes it back.`
        : `Somebody else has moved the traffic${whose}: now ${now}; this makes it ${then}.`;
}

/** Which users get new code. */
export function codeSentences({ main, versions }: View, newCode: readonly string[]): string[] {
    const { inPlace } = main.marks.after;
    const serving = main.after.filter(({ percent }) => percent > 0);
    return newCode.flatMap((name) => {
        const share = serving.reduce((sum, one) => (one.outcome.name === name ? sum + one.percent : sum), 0);
        const declared = inPlace === name ? ", as declared" : "";
        // Of what only testers reach, their own row tells.
        if (share === 0) return [];
        if (share > 99.95 && versions.length === 1) return [`All its users get new code${declared}.`];
        return [`${name} gets new code under ${round(share)} % of the requests${declared}.`];
    });
}

/** Marks that move without anybody being moved: they count from the next step on. */
export function markWords({ marks: { before, after } }: Effect): string[] {
    const words: string[] = [];
    if (before.stable !== undefined && after.stable !== undefined && before.stable !== after.stable)
        words.push(`From the next step on a rollback leads to ${after.stable}, and no longer to ${before.stable}.`);
    const [was, is] = [before, after].map((marks) => yardstickOf(marks, {}).maxRaise);
    if (before.stable !== undefined && after.stable !== undefined && was !== is)
        words.push(`From the next step on a step may raise by ${is} points, and no longer by ${was}.`);
    return words;
}

/** Shares by name, those that have none among them. */
export function weightsOf(shares: readonly Share[], { versions }: Pick<View, "versions">): Weights {
    const names = [...new Set([...versions, ...shares.map(nameOf)])];
    const of = (name: string): number =>
        shares.reduce((sum, share) => (nameOf(share) === name ? sum + share.percent : sum), 0);
    return Object.fromEntries(
        names
            .map((name) => [name, round(of(name))] as const)
            .filter(([name, share]) => share > 0 || !isNoVersion(name)),
    );
}

function outcomes(found: readonly Share[], view: View): string {
    const weights = Object.entries(weightsOf(found, view)).filter(([, share]) => share > 0);
    return weights.length === 1 ? (weights[0]?.[0] ?? "") : shares(Object.fromEntries(weights));
}

/** The same requests as they were applied: those that only somebody else's rules tell apart were like all others. */
function appliedOf(effect: Effect, { effects, main }: View): Effect {
    return effects.find((one) => isOfSameRequests(one, effect)) ?? main;
}
