import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { none, plus, type VersionCounts } from "../../rollout/gate/counts";
import { quantile } from "../../rollout/gate/latency";
import { StepTraffic, type ServiceTraffic } from "../../rollout/gate/traffic";
import { Windows } from "../../rollout/gate/windows";
import type { ReleaseEvent } from "../../rollout/release/hands";
import { type Left, leftOf } from "../../rollout/release/left";
import { leftWords, trafficWords } from "../../rollout/release/progress";
import { show } from "../../rollout/release/show";
import { parseSteps } from "../../rollout/release/steps";

const names = { service: "review", canary: "v2", stable: "v1" };
const counts = (requests: number, failed = 0): VersionCounts => ({ requests, failed });
const timed = (edges: Readonly<Record<number, number>>, all: number): VersionCounts => ({
    ...counts(all),
    timed: new Map([
        ...Object.entries(edges).map(([edge, within]): [number, number] => [Number(edge), within]),
        [Infinity, all],
    ]),
});

describe("the time within which 99 of 100 requests were answered", () => {
    it("lies between two edges in proportion, as Prometheus has it", () => {
        // The 990th of 1,000 is the tenth of twenty between 100 and 250 ms.
        assert.equal(quantile(0.99, timed({ 25: 500, 50: 900, 100: 980, 250: 1000 }, 1000)), 175);
        assert.equal(quantile(0.5, timed({ 25: 500, 50: 900 }, 1000)), 25);
        assert.equal(quantile(0.25, timed({ 25: 500, 50: 900 }, 1000)), 12.5);
    });
    it("is the last edge where it lies beyond, and none where nothing was timed", () => {
        assert.equal(quantile(0.99, timed({ 25: 500, 50: 900 }, 1000)), 50);
        assert.equal(quantile(0.99, timed({ 25: 0, 50: 0 }, 0)), undefined);
        assert.equal(quantile(0.99, counts(1000)), undefined);
    });
    it("is never outside of the edges between which that request lies", () => {
        const bins = fc.array(fc.nat(50), { minLength: 2, maxLength: 10 });
        fc.assert(
            fc.property(bins, fc.double({ min: 0.01, max: 1, noNaN: true }), (each, share) => {
                const edges = each.map((_, at) => (at === each.length - 1 ? Infinity : 5 * 2 ** at));
                let sum = 0;
                const within = new Map(edges.map((edge, at) => [edge, (sum += each[at] ?? 0)]));
                fc.pre(sum > 0);
                const found = quantile(share, { ...counts(sum), timed: within }) ?? NaN;
                const at = edges.findIndex((edge) => (within.get(edge) ?? 0) >= share * sum);
                const last = edges.at(-2) ?? NaN;
                const [lower, upper] = [edges[at - 1] ?? 0, Math.min(edges[at] ?? NaN, last)];
                assert.ok(
                    found >= Math.min(lower, last) - 1e-9 && found <= upper + 1e-9,
                    `${found} of ${lower} to ${upper}`,
                );
            }),
        );
    });
});

describe("what was counted at a step", () => {
    const at = (traffic: StepTraffic, step = 1): ServiceTraffic | undefined => traffic.at(step, names);

    it("has each version's share of all users' requests, how many succeed, and how long they take, over all windows of the step", () => {
        const traffic = new StepTraffic();
        const slow = { ...timed({ 50: 90, 100: 100 }, 100), failed: 1 };
        for (let window = 0; window < 2; window++)
            traffic.add({ step: 1, seconds: 10, versions: { v1: counts(899, 0), v2: slow, "": counts(1, 1) } });
        const found = at(traffic);
        assert.deepEqual([found?.seconds, found?.requests], [20, 2000]);
        assert.deepEqual(found?.versions, [
            { version: "v1", requests: 1798, failed: 0, share: 89.9, success: 100 },
            { version: "", requests: 2, failed: 2, share: 0.1, success: 0 },
            { version: "v2", requests: 200, failed: 2, share: 10, success: 99, p99: 95 },
        ]);
    });
    it("begins anew with each step, and is nothing before the first window of one", () => {
        const traffic = new StepTraffic();
        traffic.add({ step: 1, seconds: 10, versions: { v1: counts(90), v2: counts(10) } });
        assert.equal(at(traffic, 2), undefined);
        traffic.add({ step: 2, seconds: 10, versions: { v1: counts(75), v2: counts(25) } });
        assert.equal(at(traffic, 2)?.requests, 100);
        assert.equal(at(traffic, 1), undefined);
    });
    it("has a version that nobody asks without any success to speak of", () => {
        const traffic = new StepTraffic();
        traffic.add({ step: 1, seconds: 10, versions: { v1: counts(90) } });
        assert.deepEqual(at(traffic)?.versions[1], { version: "v2", requests: 0, failed: 0, share: 0 });
    });
    it("counts copies for no user's requests", () => {
        const traffic = new StepTraffic();
        traffic.add({ step: 1, seconds: 10, versions: { v1: counts(100), v2: counts(20, 1) } });
        const found = traffic.at(1, { ...names, isCopied: true });
        assert.deepEqual([found?.requests, found?.versions.map(({ share }) => share)], [100, [100, undefined]]);
        assert.equal(found?.versions[1]?.success, 95);
    });
    it("is of every version that the callers counted, also of those that are not compared", () => {
        const windows = new Windows(10);
        const reading = (second: number, requests: number) => ({
            at: second,
            callers: [
                { caller: "edge", versions: { v1: counts(requests), v2: counts(9 * requests), v3: counts(requests) } },
            ],
        });
        windows.next(reading(0, 0), { canary: "v2", step: 1 });
        const window = windows.next(reading(10, 100), { canary: "v2", step: 1 });
        assert.equal(window?.stable, undefined);
        const traffic = new StepTraffic();
        assert.ok(window);
        traffic.add(window);
        assert.deepEqual(
            at(traffic)?.versions.map(({ version, requests }) => [version, requests]),
            [
                ["v1", 100],
                ["v3", 100],
                ["v2", 900],
            ],
        );
    });
    it("adds up no edge that one of two windows lacks as if nothing had been that fast", () => {
        const both = plus(plus(none, timed({ 50: 10 }, 10)), counts(10));
        assert.deepEqual([both.requests, both.timed?.get(50), both.timed?.get(Infinity)], [20, 10, 10]);
    });
});

describe("the time that a release still takes", () => {
    const { steps } = parseSteps("10,pause:5m,50,100", "");
    type Look = Parameters<typeof leftOf>[2][number];
    const look = (verdict: Look["said"]["verdict"], left?: number, enforce = true, bake = "2m"): Look => ({
        said: { verdict, left },
        settings: { bake, enforce },
    });
    const left = (looks: Look[], position = 0, seconds = 30, all = steps): Left =>
        leftOf(all, position, looks, seconds);

    it("is what the gate needs for this step, and bakes and pauses after it", () => {
        assert.deepEqual(left([look("inconclusive", 90)]), { step: 90, release: 90 + 300 + 120 + 120 });
        assert.deepEqual(left([look("inconclusive", 90)], 3), { step: 90, release: 90 });
        assert.deepEqual(left([look("pass")], 2), { step: 0, release: 120 });
    });
    it("is that of the slowest service", () => {
        const both = [look("inconclusive", 90), look("inconclusive", 700, true, "10m"), look("pass", 0)];
        assert.deepEqual(left(both, 2), { step: 700, release: 700 + 600 });
    });
    it("is not known where a gate holds, no request comes, a check is waited for, or one service can't say", () => {
        for (const one of [look("hold", 90), look("fail", 90), look("inconclusive"), look("inconclusive", 0)]) {
            assert.deepEqual(left([one]), {});
            assert.deepEqual(left([look("inconclusive", 90), one]), {});
        }
    });
    it("is not known of a release that waits for somebody on the way", () => {
        for (const word of ["pause", "pause:<10m", "approval"]) {
            const waiting = parseSteps(`10,${word},100`, "").steps;
            assert.deepEqual(left([look("inconclusive", 90)], 0, 30, waiting), { step: 90 });
            assert.deepEqual(left([look("inconclusive", 90)], 2, 30, waiting), { step: 90, release: 90 });
        }
    });
    it("is the time to bake alone where the gate's word is only noted", () => {
        assert.equal(left([look("hold", undefined, false)]).step, 90);
        assert.equal(left([look("inconclusive", 3000, false)], 0, 200).step, 0);
    });
});

describe("progress in words", () => {
    const of = (versions: ServiceTraffic["versions"]): string =>
        trafficWords({ service: "review", seconds: 120, requests: 1200, versions });

    it("has share, success and p99 of each version", () => {
        assert.equal(
            of([
                { version: "v1", requests: 1078, failed: 1, share: 89.83, success: 99.907, p99: 41.2 },
                { version: "v2", requests: 122, failed: 0, share: 10.17, success: 100, p99: 8.46 },
            ]),
            "review: v1 89.8 %, 99.9 % succeed, p99 41 ms; v2 10.2 %, 100 % succeed, p99 8.5 ms (1,200 requests in 2 min)",
        );
    });
    it("never says 100 % where one failed, and never 0 % where one came", () => {
        const version = { version: "v2", requests: 1, failed: 1, share: 0.02, success: 99.9999 };
        assert.equal(of([version]), "review: v2 under 0.1 %, 99.99 % succeed (1,200 requests in 2 min)");
    });
    it("leaves out what nobody knows, and names requests without a version, and copies", () => {
        assert.equal(
            of([
                { version: "v1", requests: 1200, failed: 0, share: 100, success: 100 },
                { version: "", requests: 0, failed: 0, share: 0 },
                { version: "v2", requests: 240, failed: 0, success: 100 },
            ]),
            "review: v1 100 %, 100 % succeed; no version 0 %; 240 copies to v2, 100 % succeed (1,200 requests in 2 min)",
        );
    });
    it("has the time that is left, of the step and of the release", () => {
        assert.equal(leftWords({}), "");
        assert.equal(leftWords({ step: 50 }), ", about 50 s left");
        assert.equal(leftWords({ step: 200, release: 600 }), ", about 4 min left (release: at least 10 min)");
        assert.equal(leftWords({ step: 200, release: 200 }), ", about 4 min left");
        assert.equal(leftWords({ step: 0, release: 600 }), " (release: at least 10 min left)");
        assert.equal(leftWords({ step: 0, release: 0 }), "");
    });
});

describe("a release on the screen", () => {
    const review: ServiceTraffic = {
        ...{ service: "review", seconds: 10, requests: 100 },
        versions: [
            { version: "v1", requests: 90, failed: 0, share: 90, success: 100, p99: 41 },
            { version: "v2", requests: 10, failed: 0, share: 10, success: 100, p99: 43 },
        ],
    };
    const gate = (seconds: number, verdict: string, step = "10"): ReleaseEvent => ({
        ...{ kind: "gate", step, reason: `${seconds} requests`, isEnforced: true, position: 1, steps: 3 },
        ...{ seconds, verdict, traffic: [review], left: { step: 50 } },
    });
    const shown = (events: readonly ReleaseEvent[], screen: object = {}, asJson = false): string => {
        let text = "";
        const tell = show({ write: (more) => (text += more), ...screen }, asJson);
        events.forEach(tell);
        return text;
    };
    const figures =
        "  review: v1 90 %, 100 % succeed, p99 41 ms; v2 10 %, 100 % succeed, p99 43 ms (100 requests in 10 s)";
    const events = [gate(10, "inconclusive"), gate(20, "inconclusive"), gate(30, "pass")];

    it("says the gate's word again only when it is another one, where nobody sees lines change", () => {
        assert.equal(
            shown(events),
            [
                "10 (1 of 3): inconclusive after 10 s, about 50 s left: 10 requests",
                figures,
                "10 (1 of 3): pass after 30 s, about 50 s left: 30 requests",
                `${figures}\n`,
            ].join("\n"),
        );
    });
    it("and of one that stays the same seldom: after 1, 2, 4, 8, … minutes of each step", () => {
        const hour = (step: string): ReleaseEvent[] =>
            Array.from({ length: 360 }, (_, at) => gate(10 * at, "inconclusive", step));
        const said = [...shown([...hour("10"), ...hour("25")]).matchAll(/^(\d+) .* after (\d+) s/gm)];
        const times = ["0", "60", "120", "240", "480", "960", "1920"];
        assert.deepEqual(
            said.map(([, step, seconds]) => `${step} ${seconds}`),
            [...times.map((one) => `10 ${one}`), ...times.map((one) => `25 ${one}`)],
        );
    });
    it("changes its last lines on a terminal, none longer than that is wide, and none more than it has", () => {
        for (const [columns, rows, least] of [
            [60, 24, 3],
            [200, 24, 2],
            [25, 4, 3],
        ] as const) {
            const text = shown(events, { isTTY: true, columns, rows });
            const drawn = text.split(/(?:\x1b\[\d+A)?\r\x1b\[J/).slice(1);
            assert.equal(drawn.length, 3);
            for (const [index, one] of drawn.entries()) {
                const lines = one.split("\n");
                assert.ok(lines.length >= least && lines.length < rows, one);
                assert.ok(
                    lines.every((line) => line.length < columns),
                    one,
                );
                // Back to the first of the lines that were drawn before.
                const back = `\x1b[${lines.length - 1}A\r\x1b[J${drawn[index + 1]}`;
                if (index < 2) assert.ok(text.includes(`${one}${back}`), JSON.stringify(text));
            }
        }
    });
    it("keeps on a terminal what was said last, when something else happens", () => {
        const text = shown([gate(10, "pass"), { kind: "back", seconds: 1 }], { isTTY: true, columns: 200 });
        assert.match(text, /10 requests\n {2}review: .* in 10 s\)\nthe routes lead everybody to stable again, 1\.00 s/);
    });
    it("is an event a line for programs, each time that the gate is asked, with the figures", () => {
        const all = shown(events, {}, true)
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as { verdict: string; traffic: object; left: object; position: number });
        assert.deepEqual(
            all.map(({ verdict }) => verdict),
            ["inconclusive", "inconclusive", "pass"],
        );
        assert.deepEqual([all[0]?.traffic, all[0]?.left, all[0]?.position], [[review], { step: 50 }, 1]);
    });
});
