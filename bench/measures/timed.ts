import { backFrom, type Contender } from "../contenders/contender";
import type { Counts } from "../load/protocol";
import type { Described } from "../results/page";
import type { Figure } from "../results/results";
import { deviations } from "../results/statistics";
import { soFar } from "../timing";
import { carriedRate } from "./carried";
import { type Pass, requestsOf, type Setting, type Taken } from "./measure";
import { type Known, type Moved, moved } from "./moves";
import { Pace } from "./pace";

/** Requests a second under which times are taken: so exactly is it known when the last one was answered. */
const usualRate = 200;
/** Requests that are counted before users are taken back: of 25 % of them, a standard deviation is 1.4 points. */
const sample = 1000;
/** Runs of each at least. */
const least = 3;

/** How one measure's contenders are asked. */
interface Way {
    readonly rate: number;
    /** Answers that are counted before each move. */
    readonly sample?: number;
    /** Undefined for those that do not know the move. */
    known(contender: Contender): Known | undefined;
}

/** What is known of those who were asked. */
interface Asked {
    readonly found: ReadonlyMap<string, readonly Moved[]>;
    readonly failed: readonly { readonly of: string; readonly why: string }[];
}

/** All contenders in turn, run by run, so that a machine whose speed drifts changes all of them. */
async function inTurn({ bed, contenders, runs, seconds, tell }: Setting, way: Way): Promise<Asked> {
    const found = new Map<string, Moved[]>();
    const failed: { of: string; why: string }[] = [];
    const asked = contenders.flatMap((contender) => {
        const known = way.known(contender);
        return known ? [{ contender, known }] : [];
    });
    const pace = new Pace({ seconds, runs, least }, asked.length);
    for (let hasRun = true; hasRun;) {
        hasRun = false;
        for (const { contender, known } of asked) {
            const { name } = contender;
            if (failed.some(({ of }) => of === name) || !pace.hasAnother(name)) continue;
            hasRun = true;
            const began = performance.now();
            const result = await moved(bed, contender, way.rate, way.sample ?? 0, known).catch((error: Error) => error);
            pace.took(name, (performance.now() - began) / 1000);
            if (result instanceof Error) {
                // A figure of fewer runs than the others' would not say so.
                found.delete(name);
                failed.push({ of: name, why: result.message });
                tell(`  ${name} can't be measured: ${result.message}`);
                continue;
            }
            const all = [...(found.get(name) ?? []), result];
            found.set(name, all);
            tell(
                soFar(
                    name,
                    all.map((one) => one.seconds),
                    "s",
                ),
            );
        }
    }
    return { found, failed };
}

/** The figures of a measure that come of the moves. */
function taken(
    measure: string,
    { found, failed }: Asked,
    unit: string,
    rate: number,
    valueOf: (one: Moved) => number,
    countsOf: (one: Moved) => Counts,
): Taken {
    const figures = [...found].map(([of, all]): Figure => ({
        measure,
        of,
        unit,
        rate,
        values: all.map(valueOf),
        ...requestsOf(all.map(countsOf)),
    }));
    return { figures, missing: failed.map((one) => ({ measure, ...one })) };
}

/** The times of moves, and what became of the requests meanwhile. */
function times(measure: string, asked: Asked, rate: number): Taken {
    return taken(
        measure,
        asked,
        "s",
        rate,
        ({ seconds }) => seconds,
        ({ counts }) => counts,
    );
}

/** A pass of one measure, the time of a move. */
function timed(described: Described, minutes: number, way: Way): Pass {
    return {
        measures: [described],
        minutes,
        needsContenders: true,
        take: async (setting) => times(described.name, await inTurn(setting, way), way.rate),
    };
}

/** The shift, which all know. */
const shifting = (one: Contender): Known => ({ ready: () => one.readyToShift(), move: () => one.shift() });

export const shift = timed(
    {
        name: "shift",
        title: "Time to shift all users",
        how: `From the start of the command until the last answer of the old version, at ${usualRate} requests a second from one caller behind its proxy.`,
    },
    11,
    { rate: usualRate, known: shifting },
);

export const release = timed(
    {
        name: "release",
        title: "A whole release",
        how: "0 → 10 → 25 → 50 → 100 with no time to bake: from the start of the command until the last answer of the old version.",
    },
    12,
    {
        rate: usualRate,
        known: (one) =>
            one.readyToRelease && one.release
                ? { ready: one.readyToRelease.bind(one), move: one.release.bind(one) }
                : undefined,
    },
);

/** Requests a second of the measure of failures. */
const failureRate = 500;

export const failures = timed(
    {
        name: "failures",
        title: `Requests that fail during a shift, at ${failureRate} a second`,
        how: `The shift again, at ${failureRate} requests a second, nothing tried again: what failed from shortly before the command until two seconds after the last answer of the old version.`,
    },
    7,
    { rate: failureRate, known: shifting },
);

const rolledBack: Described = {
    name: "rollback",
    title: "Time to take users back",
    how: "A quarter of the users is on the new version: from the start of the command until its last answer, under the same load.",
};

const shared: Described = {
    name: "shares",
    title: "A share beside what chance allows",
    how: `Before users are taken back: ${backFrom} % are asked for, and ${sample.toLocaleString("en")} requests counted in each run. So many standard deviations of the binomial distribution the share is off, either way; within 2 is what chance alone does in 95 of 100 samples.`,
};

export const rollback: Pass = {
    measures: [rolledBack, shared],
    minutes: 8,
    needsContenders: true,
    async take(setting) {
        const asked = await inTurn(setting, {
            rate: usualRate,
            sample,
            known: (one) =>
                one.readyToGoBack && one.goBack
                    ? { ready: one.readyToGoBack.bind(one), move: one.goBack.bind(one) }
                    : undefined,
        });
        const back = times(rolledBack.name, asked, usualRate);
        const shares = taken(shared.name, asked, "σ", usualRate, deviationOf, ({ before }) => before);
        return { figures: [...back.figures, ...shares.figures], missing: [...back.missing, ...shares.missing] };
    },
};

/** How far the share of the new version was off before users were taken back. */
function deviationOf({ before, fresh, old }: Moved): number {
    const { [old]: leaving = 0, [fresh]: staying = 0 } = before.answers;
    return Math.abs(deviations(leaving, leaving + staying, backFrom));
}

const atLimit: Described = {
    name: "limit",
    title: "Requests that fail during a shift, at the highest rate that the machine carries",
    how: "The same at the highest rate at which, with nothing being changed, all that is due is sent, answered, and does not fail. The machine is then as busy as it can be, with the load as with what changes the routes.",
};

export const limit: Pass = {
    measures: [atLimit],
    minutes: 8,
    needsContenders: true,
    async take(setting) {
        const { bed, contenders, tell } = setting;
        const floor = contenders.find(({ name }) => name === "kubectl patch") ?? contenders[0];
        if (!floor) return { figures: [], missing: [] };
        await floor.readyToShift();
        const found = await carriedRate(bed, floor, tell).catch((error: Error) => error);
        if (found instanceof Error)
            return {
                figures: [],
                missing: contenders.map(({ name: of }) => ({ measure: atLimit.name, of, why: found.message })),
            };
        return times(atLimit.name, await inTurn(setting, { rate: found, known: shifting }), found);
    },
};
