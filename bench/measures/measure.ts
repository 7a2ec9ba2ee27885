import type { Bed, Beginning } from "../bed";
import type { Contender } from "../contenders/contender";
import type { Counts } from "../load/protocol";
import type { Figure, Missing } from "../results/results";
import type { Described } from "../results/page";

/** What a pass is given. */
export interface Setting {
    readonly bed: Bed;
    /** Those that could be brought up. */
    readonly contenders: readonly Contender[];
    readonly runs: number;
    /** Seconds that the pass may take. */
    readonly seconds: number;
    /** How many services there are, for the measure of many. Default: its own. */
    readonly sizes?: readonly number[] | undefined;
    /** A line for whoever waits. */
    readonly tell: (line: string) => void;
    /** What it took until there was something to measure on. */
    readonly began: Beginning;
}

/** One way through all that can do it, of which one or several measures come: what is known by the same runs is not run twice. */
export interface Pass {
    readonly measures: readonly Described[];
    /** Of an hour: what it takes with the usual number of runs, and where it stops beginning further ones. */
    readonly minutes: number;
    /** Whether it is about the contenders, and not about the shop's program. */
    readonly needsContenders: boolean;
    /** Whether it has a cluster to itself, with a mesh and nothing else, and is taken only where it is named. Default false. */
    readonly isAlone?: boolean;
    take(setting: Setting): Promise<Taken>;
}

/** What is known after a pass: what can't be measured is told as such, and the others go on. */
export interface Taken {
    readonly figures: Figure[];
    readonly missing: Missing[];
}

/** The requests of several runs as one. */
export function requestsOf(all: readonly Counts[]): Pick<Figure, "requests" | "failed" | "reasons"> {
    const sum = (of: (one: Counts) => number): number => all.reduce((total, one) => total + of(one), 0);
    const reasons = [...new Set(all.flatMap(({ failures }) => Object.keys(failures)))];
    return {
        requests: sum(({ begun }) => begun),
        failed: sum(({ failed }) => failed),
        ...(reasons.length > 0 && { reasons }),
    };
}
