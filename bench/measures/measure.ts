import type { Bed } from "../bed";
import type { Contender } from "../contenders/contender";
import type { Counts } from "../load/protocol";
import type { Figure, Missing } from "../results/results";

/** What a measure is given. */
export interface Setting {
    readonly bed: Bed;
    /** Those that could be brought up. */
    readonly contenders: readonly Contender[];
    readonly runs: number;
    /** How many services there are, for the measure of many. Default: its own. */
    readonly sizes?: readonly number[] | undefined;
    /** A line for whoever waits. */
    readonly tell: (line: string) => void;
    /** Seconds that cluster and stack took to come up; 0 where they were there. */
    readonly setUp: { readonly cluster: number; readonly stack: number };
}

/** One thing that is measured of all that can do it. */
export interface Measure {
    readonly name: string;
    /** What its column of figures is, for the page. */
    readonly title: string;
    /** How it is measured, for the page. */
    readonly how: string;
    /** Whether it is about the contenders, and not about the shop's program. */
    readonly needsContenders: boolean;
    /** Whether a mesh is all that it needs, without the shop. Default false. */
    readonly isAlone?: boolean;
    /** Its figures as Markdown, where they are no table of runs. */
    readonly table?: (figures: readonly Figure[]) => string[];
    /** Its picture, where that is none of bars. */
    readonly plot?: (title: string, figures: readonly Figure[]) => string;
    take(setting: Setting): Promise<Taken>;
}

/** What is known of a measure after it was taken: what can't be measured is told as such, and the others go on. */
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

/** `median 0.21 s`, while it runs. */
export function soFar(name: string, values: readonly number[], unit: string): string {
    return `  ${name}: ${values.map((one) => one.toFixed(2)).join(", ")} ${unit}`;
}
