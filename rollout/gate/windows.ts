import { countsBetween, type CountSource, none, remembering, type Reading, type VersionCounts } from "./counts";
import type { GateWindow } from "./metric";

/** Which versions a window is of. */
export interface Compared {
    readonly canary: string;
    /** Left out while no weight leads to it, as at 100 %. */
    readonly stable?: string;
    /** The release's step: a new one where weights change. */
    readonly step: number;
}

/** A window of two versions, with what every version got in it. */
export interface CountedWindow extends GateWindow {
    /** By version; of requests whose version nobody knows by no name. */
    readonly versions: Readonly<Record<string, VersionCounts>>;
}

/** Seconds of a window: 10, and longer where its source does not see a request as soon as that. */
export function windowSeconds({ resolution }: Pick<CountSource, "resolution">): number {
    return Math.max(10, resolution);
}

/**
 * Makes windows of the readings of one source.
 *
 * A window never spans two steps: late canary requests would be compared with early stable ones, and a drift of the error
 * rate would look like a fault. So the first reading after the proxies took new weights begins a window and ends none.
 */
export class Windows {
    private last: { readonly reading: Reading; readonly step: number } | undefined;

    /** @param seconds the least length of a window: see `windowSeconds`. */
    constructor(private readonly seconds: number) {}

    /**
     * @returns undefined where the reading ends no window: the first one of a step, or one that comes too soon.
     * @throws where the counters can't be right, or the reading is older than the last one.
     */
    next(reading: Reading, { canary, stable, step }: Compared): CountedWindow | undefined {
        const { last } = this;
        const known = last ? remembering(last.reading, reading) : reading;
        if (last?.step !== step) {
            this.last = { reading: known, step };
            return undefined;
        }
        const seconds = reading.at - last.reading.at;
        const counts = countsBetween(last.reading, reading);
        if (seconds < this.seconds) return undefined;
        this.last = { reading: known, step };
        const of = (version: string): VersionCounts => counts[version] ?? none;
        const compared = { canary: of(canary), stable: stable === undefined ? undefined : of(stable) };
        return { seconds, step, ...compared, versions: counts };
    }
}
