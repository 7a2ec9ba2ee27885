/** More than its share of the time nobody may take who is slow: so many times it. */
const mostShares = 1.5;

/** What there is for a measure. */
export interface Room {
    /** Seconds for all that is measured in it, together. */
    readonly seconds: number;
    /** Runs of each. */
    readonly runs: number;
    /** Runs of each whatever they take: a median of fewer says little. */
    readonly least: number;
}

/**
 * How many runs each of several has in the time that there is for all of them: as many as were asked for, but those that are slow no more
 * than fit into one and a half times an equal share of it.
 */
export class Pace {
    private readonly taken = new Map<string, number[]>();

    /** @param among how many the time is shared. */
    constructor(
        private readonly room: Room,
        private readonly among: number,
    ) {}

    /** Whether one has another run, by what its runs have taken until now. */
    hasAnother(who: string): boolean {
        const { seconds, runs, least } = this.room;
        const own = this.taken.get(who) ?? [];
        if (own.length >= runs) return false;
        if (own.length < least) return true;
        const next = sum(own) / own.length;
        const all = [...this.taken.values()].flat();
        return sum(own) + next <= (mostShares * seconds) / this.among && sum(all) + next <= seconds;
    }

    /** A run of one has ended. @param seconds what it has taken, with what gets it ready */
    took(who: string, seconds: number): void {
        this.taken.set(who, [...(this.taken.get(who) ?? []), seconds]);
    }
}

function sum(values: readonly number[]): number {
    return values.reduce((all, one) => all + one, 0);
}
