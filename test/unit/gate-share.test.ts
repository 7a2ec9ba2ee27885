import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Weights } from "../../components/traffic/split/weights";
import { mostEvidence } from "../../rollout/gate/comparison";
import { checkSplit } from "../../rollout/gate/share";
import { binomial, random } from "../support/gateTraffic";

const splits = Number(process.env.UPSHIFT_GATE_RELEASES ?? 1000);

/** Requests after which a split with such a real share of v2 is called wrong; Infinity where it never is. */
function requestsUntilWrong(configured: number, real: number, { looks = 100, each = 100, seed = 1 } = {}): number[] {
    const next = random(seed);
    const found = Array.from({ length: splits }, () => {
        let v2 = 0;
        for (let look = 1; look <= looks; look++) {
            v2 += binomial(each, real / 100, next);
            const counts = { v1: look * each - v2, v2 };
            if (!checkSplit(counts, { v1: 100 - configured, v2: configured }).holds) return look * each;
        }
        return Infinity;
    });
    return found.sort((a, b) => a - b);
}
const median = (values: readonly number[]): number => values[Math.floor(values.length / 2)] ?? NaN;

describe("the split, as users' own requests show it", function () {
    this.timeout(10_000 + 10 * splits);
    it("is called wrong in one of a thousand steps at most where it is right, over a hundred looks", () => {
        for (const share of [1, 20, 50]) {
            const wrong = requestsUntilWrong(share, share).filter(Number.isFinite).length;
            const bound = 0.001 * splits + 4 * Math.sqrt(0.001 * splits);
            assert.ok(wrong <= bound, `${wrong} of ${splits} right splits with ${share} % were called wrong`);
        }
    });
    it("is called wrong with 25 % in place of 20 after some 1,400 requests, with 22 after some 6,600", () => {
        const [far, near] = [median(requestsUntilWrong(20, 25)), median(requestsUntilWrong(20, 22, { looks: 200 }))];
        assert.ok(far >= 1000 && far <= 1800, `25 %: ${far} requests`);
        assert.ok(near >= 5000 && near <= 8500, `22 %: ${near} requests`);
    });
    it("has evidence of 1 on average where it is right, over all that 12 requests can do", () => {
        const weights = { v1: 50, v2: 30, v3: 20 };
        let mean = 0;
        for (let v1 = 0; v1 <= 12; v1++)
            for (let v2 = 0; v1 + v2 <= 12; v2++) {
                const v3 = 12 - v1 - v2;
                const ways = factorial(12) / factorial(v1) / factorial(v2) / factorial(v3);
                mean += ways * 0.5 ** v1 * 0.3 ** v2 * 0.2 ** v3 * checkSplit({ v1, v2, v3 }, weights).evidence;
            }
        assert.ok(Math.abs(mean - 1) < 1e-9, `${mean}`);
    });
    it("has it with a share of one in a hundred as well", () => {
        let mean = 0;
        for (let v2 = 0; v2 <= 40; v2++) {
            const ways = factorial(40) / factorial(v2) / factorial(40 - v2);
            const { evidence } = checkSplit({ v1: 40 - v2, v2 }, { v1: 99, v2: 1 });
            if (evidence < mostEvidence) mean += ways * 0.01 ** v2 * 0.99 ** (40 - v2) * evidence;
        }
        assert.ok(Math.abs(mean - 1) < 1e-9, `${mean}`);
    });
    it("is wrong with a single request to a version that has no weight, configured or not", () => {
        for (const weights of [{ v1: 100, v2: 0 }, { v1: 100 }] as Weights[]) {
            const { holds, evidence } = checkSplit({ v1: 5000, v2: 1 }, weights);
            assert.deepEqual([holds, evidence], [false, mostEvidence]);
            assert.equal(checkSplit({ v1: 5000 }, weights).evidence, 1);
        }
    });
    it("is not called wrong without requests, and says what was measured", () => {
        assert.deepEqual(checkSplit({}, { v1: 80, v2: 20 }), {
            requests: 0,
            evidence: 1,
            holds: true,
            versions: [
                { version: "v1", measured: 0, expected: 80 },
                { version: "v2", measured: 0, expected: 20 },
            ],
        });
    });
    it("speaks the clearer against a split, the further it is away", () => {
        const many = fc.integer({ min: 300, max: 100_000 });
        fc.assert(
            fc.property(
                many,
                fc.integer({ min: 1, max: 98 }),
                fc.integer({ min: 1, max: 200 }),
                (requests, weight, more) => {
                    const near = Math.min(requests, Math.round((requests * weight) / 100) + 20);
                    const far = Math.min(requests, near + more);
                    const at = (v2: number): number =>
                        checkSplit({ v1: requests - v2, v2 }, { v1: 100 - weight, v2: weight }).evidence;
                    return at(far) >= at(near) * (1 - 1e-9);
                },
            ),
        );
    });
    it("is a number after ten million requests", () => {
        const { evidence, holds } = checkSplit({ v1: 8_000_000, v2: 2_000_000 }, { v1: 80, v2: 20 });
        assert.ok(holds && evidence > 0 && evidence < 1, `${evidence}`);
    });
    it("refuses counts that are no whole numbers, and weights that do not sum to 100", () => {
        assert.throws(() => checkSplit({ v1: 1.5 }, { v1: 100 }), /v1 got 1\.5 requests/);
        assert.throws(() => checkSplit({ v1: 1 }, { v1: 80, v2: 10 }), /Weights of v1, v2 sum to 90/);
    });
});

function factorial(n: number): number {
    return n <= 1 ? 1 : n * factorial(n - 1);
}
