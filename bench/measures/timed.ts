import type { Contender, Move } from "../contenders/contender";
import type { Counts } from "../load/protocol";
import { carriedRate } from "./carried";
import { type Measure, requestsOf, type Setting, soFar, type Taken } from "./measure";
import { moved } from "./moves";

/** Requests a second under which times are taken: so exactly is it known when the last one was answered. */
const usualRate = 200;

/** A move that a contender knows, with what gets it ready. */
type Timed = readonly [ready: () => Promise<void>, move: () => Promise<Move>];

/**
 * All contenders in turn, run by run, so that a machine whose speed drifts changes all of them.
 *
 * @param timed undefined for those that do not know the move.
 */
async function inTurn(
    measure: string,
    { bed, contenders, runs, tell }: Setting,
    rate: number,
    timed: (contender: Contender) => Timed | undefined,
): Promise<Taken> {
    const found = new Map<string, { seconds: number[]; counts: Counts[] }>();
    const missing: Taken["missing"] = [];
    for (let run = 0; run < runs; run++)
        for (const contender of contenders) {
            const [ready, move] = timed(contender) ?? [];
            if (!ready || !move || missing.some(({ of }) => of === contender.name)) continue;
            const result = await moved(bed, contender, rate, ready, move).catch((error: Error) => error);
            if (result instanceof Error) {
                // A figure of fewer runs than the others' would not say so.
                found.delete(contender.name);
                missing.push({ measure, of: contender.name, why: result.message });
                tell(`  ${contender.name} can't be measured: ${result.message}`);
                continue;
            }
            const { seconds, counts } = result;
            const so = found.get(contender.name) ?? { seconds: [], counts: [] };
            so.seconds.push(seconds);
            so.counts.push(counts);
            found.set(contender.name, so);
            tell(soFar(contender.name, so.seconds, "s"));
        }
    const figures = [...found].map(([of, { seconds, counts }]) => ({
        measure,
        of,
        unit: "s",
        rate,
        values: seconds,
        ...requestsOf(counts),
    }));
    return { figures, missing };
}

/** The shift, which all know. */
const shifting = (one: Contender): Timed => [() => one.readyToShift(), () => one.shift()];

export const shift: Measure = {
    name: "shift",
    title: "Time to shift all users",
    needsContenders: true,
    how: `From the start of the command until the last answer of the old version, at ${usualRate} requests a second from one caller behind its proxy.`,
    take: (setting) => inTurn("shift", setting, usualRate, shifting),
};

export const rollback: Measure = {
    name: "rollback",
    title: "Time to take users back",
    needsContenders: true,
    how: "A quarter of the users is on the new version: from the start of the command until its last answer, under the same load.",
    take: (setting) =>
        inTurn("rollback", setting, usualRate, (one) =>
            one.readyToGoBack && one.goBack ? [one.readyToGoBack.bind(one), one.goBack.bind(one)] : undefined,
        ),
};

export const release: Measure = {
    name: "release",
    title: "A whole release",
    needsContenders: true,
    how: "0 → 10 → 25 → 50 → 100 with no time to bake: from the start of the command until the last answer of the old version.",
    take: (setting) =>
        inTurn("release", setting, usualRate, (one) =>
            one.readyToRelease && one.release ? [one.readyToRelease.bind(one), one.release.bind(one)] : undefined,
        ),
};

/** Requests a second of the measure of failures. */
const failureRate = 500;

export const failures: Measure = {
    name: "failures",
    title: `Requests that fail during a shift, at ${failureRate} a second`,
    needsContenders: true,
    how: `The shift again, at ${failureRate} requests a second, nothing tried again: what failed from shortly before the command until two seconds after the last answer of the old version.`,
    take: (setting) => inTurn("failures", setting, failureRate, shifting),
};

export const limit: Measure = {
    name: "limit",
    title: "Requests that fail during a shift, at the highest rate that the machine carries",
    needsContenders: true,
    how: "The same at the highest rate at which, with nothing being changed, all that is due is sent, answered, and does not fail. The machine is then as busy as it can be, with the load as with what changes the routes.",
    async take(setting) {
        const { bed, contenders, tell } = setting;
        const floor = contenders.find(({ name }) => name === "kubectl patch") ?? contenders[0];
        if (!floor) return { figures: [], missing: [] };
        await floor.readyToShift();
        const found = await carriedRate(bed, floor, tell).catch((error: Error) => error);
        if (found instanceof Error)
            return {
                figures: [],
                missing: contenders.map(({ name: of }) => ({ measure: "limit", of, why: found.message })),
            };
        return inTurn("limit", setting, found, shifting);
    },
};
