import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import {
    countsBetween,
    remembering,
    type CallerCounts,
    type Reading,
    type VersionCounts,
} from "../../rollout/gate/counts";
import { Windows } from "../../rollout/gate/windows";

const of = (requests: number, failed = 0): VersionCounts => ({ requests, failed });
const reading = (at: number, callers: Record<string, CallerCounts["versions"]>): Reading => ({
    at,
    callers: Object.entries(callers).map(([caller, versions]) => ({ caller, versions })),
});

describe("counts between two readings", () => {
    it("are the differences of every caller, added up by version", () => {
        const before = reading(0, { a: { v1: of(100, 1), v2: of(10) }, b: { v1: of(7) } });
        const after = reading(10, { a: { v1: of(150, 2), v2: of(15, 3) }, b: { v1: of(9) } });
        assert.deepEqual(countsBetween(before, after), { v1: of(52, 1), v2: of(5, 3) });
    });
    it("begin at 0 for a proxy that was started anew, the version's failures and times with its requests", () => {
        const timed = (fast: number, all: number): VersionCounts => ({
            ...of(all, 1),
            timed: new Map([
                [100, fast],
                [Infinity, all],
            ]),
        });
        const before = reading(0, { a: { v1: timed(80, 100) } });
        assert.deepEqual(countsBetween(before, reading(10, { a: { v1: timed(4, 5) } })), { v1: timed(4, 5) });
        // One that has been asked often since: only its failures fell.
        assert.deepEqual(countsBetween(reading(0, { a: { v1: of(100, 9) } }), reading(10, { a: { v1: of(120, 2) } })), {
            v1: of(120, 2),
        });
    });
    it("do not take what another version counted since the proxy started for new, when one version's counters begin anew", () => {
        const before = reading(0, { a: { v1: of(1_000_000), v2: of(50) } });
        assert.deepEqual(countsBetween(before, reading(10, { a: { v1: of(1_000_010), v2: of(3) } })), {
            v1: of(10),
            v2: of(3),
        });
    });
    it("leave out a caller that was not there before: it may have counted for days", () => {
        const before = reading(0, { a: { v1: of(5) } });
        assert.deepEqual(countsBetween(before, reading(10, { a: { v1: of(6) }, late: { v1: of(1_000_000) } })), {
            v1: of(1),
        });
    });
    it("begin at 0 for a version that a known caller had never called", () => {
        assert.deepEqual(
            countsBetween(reading(0, { a: { v1: of(5) } }), reading(10, { a: { v1: of(5), v2: of(4, 1) } })),
            {
                v1: of(0),
                v2: of(4, 1),
            },
        );
    });
    it("go on where they were for a version that a reading lacks and a later one has", () => {
        const [first, second] = [reading(0, { a: { v1: of(5), v2: of(900) } }), reading(10, { a: { v1: of(6) } })];
        const third = reading(20, { a: { v1: of(7), v2: of(903) } });
        assert.deepEqual(countsBetween(remembering(first, second), third), { v1: of(1), v2: of(3) });
    });
    it("begin at 0 for a histogram that came later than the counters", () => {
        const timed = new Map([
            [100, 3],
            [Infinity, 4],
        ]);
        const after = reading(10, { a: { v1: { ...of(9), timed } } });
        assert.deepEqual(countsBetween(reading(0, { a: { v1: of(5) } }), after), { v1: { ...of(4), timed } });
    });
    it("are refused where a counter is no whole number, or more failed than was asked", () => {
        const before = reading(0, { a: { v1: of(5) } });
        for (const wrong of [of(6.5), of(-1), of(NaN), of(7, 8), of(Infinity)])
            assert.throws(() => countsBetween(before, reading(10, { a: { v1: wrong } })), /of v1 at a (is|have)/);
    });
    it("are refused of readings in the wrong order", () => {
        assert.throws(() => countsBetween(reading(10, {}), reading(10, {})), /does not follow/);
    });
    it("add up to the counters' growth, however often they are read, and whoever is missed now and then", () => {
        const growth = fc.array(fc.record({ a: fc.nat(50), b: fc.nat(50), seesB: fc.boolean() }), {
            minLength: 1,
            maxLength: 20,
        });
        fc.assert(
            fc.property(growth, (steps) => {
                let [a, b, sum] = [1000, 1000, 0];
                let last = reading(0, { a: { v1: of(a) }, b: { v1: of(b) } });
                for (const [at, step] of [...steps, { a: 0, b: 0, seesB: true }].entries()) {
                    [a, b] = [a + step.a, b + step.b];
                    const now = reading(at + 1, { a: { v1: of(a) }, ...(step.seesB && { b: { v1: of(b) } }) });
                    sum += countsBetween(last, now).v1?.requests ?? 0;
                    last = remembering(last, now);
                }
                return sum === a + b - 2000;
            }),
        );
    });
});

describe("windows of readings", () => {
    const at = (second: number, v1: number, v2: number): Reading => reading(second, { a: { v1: of(v1), v2: of(v2) } });
    const both = { canary: "v2", stable: "v1", step: 1 };
    it("have the counts of both versions and how long they took", () => {
        const windows = new Windows(10);
        assert.equal(windows.next(at(100, 50, 5), both), undefined);
        assert.deepEqual(windows.next(at(110, 80, 9), both), {
            ...{ seconds: 10, step: 1, canary: of(4), stable: of(30) },
            versions: { v1: of(30), v2: of(4) },
        });
    });
    it("never span two steps", () => {
        const windows = new Windows(10);
        windows.next(at(100, 50, 5), both);
        assert.equal(windows.next(at(110, 80, 9), { ...both, step: 2 }), undefined);
        assert.deepEqual(windows.next(at(120, 90, 29), { ...both, step: 2 }), {
            ...{ seconds: 10, step: 2, canary: of(20), stable: of(10) },
            versions: { v1: of(10), v2: of(20) },
        });
    });
    it("grow until they are long enough", () => {
        const windows = new Windows(10);
        windows.next(at(100, 50, 5), both);
        assert.equal(windows.next(at(104, 60, 6), both), undefined);
        assert.deepEqual(windows.next(at(112, 70, 8), both)?.canary, of(3));
    });
    it("have no stable where none serves, and zeros where it serves and nobody called it", () => {
        const windows = new Windows(10);
        const only = (second: number, v2: number): Reading => reading(second, { a: { v2: of(v2) } });
        windows.next(only(100, 5), both);
        assert.deepEqual(windows.next(only(110, 9), both)?.stable, of(0));
        windows.next(only(120, 9), { canary: "v2", step: 2 });
        assert.equal(windows.next(only(130, 19), { canary: "v2", step: 2 })?.stable, undefined);
    });
    it("count a caller again that a scrape has missed, with what it counted meanwhile", () => {
        const windows = new Windows(10);
        const twoCallers = (second: number, a: number, b?: number): Reading =>
            reading(second, { a: { v2: of(a) }, ...(b !== undefined && { b: { v2: of(b) } }) });
        windows.next(twoCallers(0, 1, 1000), both);
        assert.deepEqual(windows.next(twoCallers(10, 2), both)?.canary, of(1));
        assert.deepEqual(windows.next(twoCallers(20, 3, 1010), both)?.canary, of(11));
    });
});
