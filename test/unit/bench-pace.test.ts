import * as assert from "node:assert/strict";
import { Pace } from "../../bench/measures/pace";

/** How many runs each has where a run takes so many seconds, in turn. */
function runsOf(times: Readonly<Record<string, number>>, room: ConstructorParameters<typeof Pace>[0]): number[] {
    const pace = new Pace(room, Object.keys(times).length);
    const counts: Record<string, number> = Object.fromEntries(Object.keys(times).map((who) => [who, 0]));
    for (let hasRun = true; hasRun;) {
        hasRun = false;
        for (const [who, seconds] of Object.entries(times)) {
            if (!pace.hasAnother(who)) continue;
            pace.took(who, seconds);
            counts[who] = (counts[who] ?? 0) + 1;
            hasRun = true;
        }
    }
    return Object.values(counts);
}

describe("the bench's pace", () => {
    it("gives everybody the runs that were asked for, where there is time", () => {
        assert.deepEqual(runsOf({ kubectl: 5, argo: 12 }, { seconds: 600, runs: 10, least: 3 }), [10, 10]);
    });

    it("gives those that take long fewer, and leaves the others theirs", () => {
        assert.deepEqual(runsOf({ kubectl: 5, flagger: 60 }, { seconds: 400, runs: 10, least: 3 }), [10, 5]);
    });

    it("gives everybody the fewest that a median needs, whatever they take", () => {
        assert.deepEqual(runsOf({ kubectl: 100, flagger: 500 }, { seconds: 60, runs: 10, least: 3 }), [3, 3]);
    });

    it("gives no more than were asked for, where that is less than it would give at least", () => {
        assert.deepEqual(runsOf({ kubectl: 5, flagger: 60 }, { seconds: 400, runs: 1, least: 3 }), [1, 1]);
    });

    it("ends with the time, where all together would take longer", () => {
        const [one = 0, other = 0] = runsOf({ one: 20, other: 20 }, { seconds: 200, runs: 10, least: 3 });
        assert.deepEqual([one, other], [5, 5]);
    });
});
