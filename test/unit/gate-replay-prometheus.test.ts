import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import type { Asked, Kind } from "../../rollout/gate/replay/asked";
import { ownOf, totalOf } from "../../rollout/gate/past";
import { stoppedIn, stoppersOf } from "../../rollout/gate/replay/rehearsal";
import { prometheusCounts } from "../../rollout/gate/sources/prometheus";
import { answerOn, readPast } from "../../rollout/gate/replay/run";
import { replayJson, replayText } from "../../rollout/gate/replay/words";
import { scraped, type ScrapedPast, scrapedTogether } from "../support/gatePast";
import { prometheusProgram, type RunningPrometheus, startPrometheus } from "../support/gatePrometheus";

const host = { name: "review", namespace: "hands-on" };
const scrapeSeconds = 30;
const until = Math.floor(Date.now() / 60_000) * 60;
/** A day with a bad hour at noon; the second caller is started anew at the beginning of a window. */
const day: ScrapedPast = {
    ...{ until, scrapeSeconds, hours: 24, restartsAt: 15 + scrapeSeconds / 3600 },
    rate: () => 600,
    failing: (hour) => (hour >= 12 && hour < 13 ? 0.05 : 0.001),
};
const asked = (url: string, more: Partial<Asked> = {}): Asked => ({
    ...{ stack: "dev", service: "review", seconds: 24 * 3600, until, seed: 1, prometheus: url, scrapeSeconds },
    ...{ metrics: "envoy", at: "review", replay: "24h" },
    ...more,
});

describe("the past of a running Prometheus", function () {
    this.timeout(120_000);
    let prometheus: RunningPrometheus;
    const told = scraped(day);
    const place = (metrics: Kind = "envoy") => ({ url: prometheus.url, metrics, scrapeSeconds });
    const read = (more: Partial<Asked> = {}, version = "v1", metrics: Kind = "envoy") => {
        const settings = { gate: {} } as Parameters<typeof readPast>[1]["settings"];
        return readPast(asked(prometheus.url, more), { version, settings }, place(metrics), host);
    };

    before(async function () {
        if (!fs.existsSync(prometheusProgram)) return this.skip();
        prometheus = await startPrometheus([], told.text);
    });
    after(() => prometheus?.stop());

    it("is whole: every request, and every failure, of every caller, in the windows that a gate would have had", async () => {
        const { past, stretch } = await read();
        assert.equal(past.windows.length, 1440);
        assert.deepEqual(totalOf(past.windows), { requests: told.requests, failed: told.failed });
        assert.deepEqual([stretch.seconds, past.windows.at(-1)?.at, past.versions], [60, until, ["v1"]]);
        assert.equal(
            past.windows.reduce((sum, { counts }) => sum + (counts.timed?.get(Infinity) ?? 0), 0),
            told.requests,
        );
    });
    it("is what a release knows of stable before its first share", async () => {
        const windows = await prometheusCounts(place(), true).past(host, "v1", 3600);
        // As far as it was scraped: the last hour of it, less the minutes since then.
        assert.ok(windows.length > 30 && windows.length <= 60, `${windows.length} windows`);
        const requests = windows.reduce((sum, window) => sum + window.requests, 0);
        // Prometheus still has the last counts for some minutes after the last scrape: windows without a request, as many as the test is late.
        const full = windows.filter((window) => window.requests > 0).length;
        // What was scraped just before the first instant, or the last one, is within.
        assert.ok(Math.abs(requests / 1200 - full) <= 2, `${requests} requests in ${full} windows`);
    });
    it("is answered for: what would have been stopped, when, by which words, and what to do", async () => {
        const answered = await answerOn(asked(prometheus.url), {}, "v1", { review: host });
        const text = replayText(answered);
        assert.match(text, /^review: v1 released to itself \(as v1-again\) 144 times, one each 10 min, from /);
        assert.match(
            text,
            /Its callers counted 1,728,000 requests to v1 in windows of 60 s; 0\.31 % of them failed\.\n/,
        );
        assert.match(text, /│ failed +│ 0 +│ alpha \(1 %\) allows for 1\.4 +│/);
        assert.match(
            text,
            /\nheld at 10, .* UTC, 62 min after it began: review: .*; the ceiling is 1 %\. .* it is not v1-again's fault\.\n/,
        );
        assert.match(text, /turned bad together \(φ\): failures 1 at a time, .* its gate took that for: failed: 1, /);
        assert.match(text, /v1 itself failed .* That is an incident: release at other hours\./);
        const { releases, stopped, criesMoreThanAlpha, ...more } = replayJson(answered) as {
            releases: Record<string, number>;
            stopped: { began: string; ended: string; ending: string; because: { kind: string } }[];
            criesMoreThanAlpha: boolean;
            requests: number;
        };
        assert.equal(more.requests, 1_728_000);
        assert.equal(criesMoreThanAlpha, false);
        assert.equal(releases.made, 144);
        assert.equal(stopped.length, (releases.failed ?? 0) + (releases.held ?? 0) + (releases.unjudged ?? 0));
        assert.ok((releases.held ?? 0) >= 3 && (releases.done ?? 0) >= 130, JSON.stringify(releases));
        // All of them met the bad hour.
        const noon = until - 12 * 3600;
        for (const one of stopped) {
            const [began, ended] = [Date.parse(one.began) / 1000, Date.parse(one.ended) / 1000];
            assert.ok(began < noon + 3600 && ended > noon, JSON.stringify(one));
            assert.equal(one.because.kind, "ceiling");
        }
    });
    it("has the same answer each time", async () => {
        const answer = async (): Promise<object> =>
            replayJson(await answerOn(asked(prometheus.url, { seconds: 7200 }), {}, "v1", { review: host }));
        assert.deepEqual(await answer(), await answer());
    });
    it("is refused where it is longer than what is kept, with what there is", async () => {
        await assert.rejects(
            read({ seconds: 48 * 3600 }),
            /has requests to v1 of review\.hands-on since .* UTC only, and 48 h are asked for: .*\n {2}fix: npx upshift gate review --replay 24h$/,
        );
    });
    it("is refused where it has the other kind of metrics, none of the version, or of the time", async () => {
        await assert.rejects(
            read({ metrics: "istio" }, "v1", "istio"),
            /--metrics: .* has no requests to review\.hands-on as "istio" counts them, but as "envoy" does\.\n {2}fix: npx upshift gate review --replay 24h --metrics envoy$/,
        );
        await assert.rejects(read({}, "v7"), /none to its stable version v7: it knows v1\.\n {2}fix: /);
        await assert.rejects(
            read({ until: until - 5 * 86_400, seconds: 3600 }),
            /^Error: In the 60 min until .*: Prometheus at .* has no requests to review\.hands-on: .*\n {2}fix: curl -fsS http/,
        );
    });
    it("is no answer where every release is cut off by its end: that none was stopped would say nothing", async () => {
        const given = { steps: "10,100", timeout: "2h", gate: { minRequests: 1_000_000 } };
        await assert.rejects(
            answerOn(asked(prometheus.url, { seconds: 3600 }), given, "v1", { review: host }),
            /^Error: --replay: No release got to an end in 60 min: a step is waited for 2h at most\. The first one was at 10\. review: .* needs about .* more requests .*\n {2}fix: npx upshift gate review --replay 4h$/,
        );
    });
    it("is refused where its counters stood still", async () => {
        const still = await startPrometheus([], scraped({ ...day, hours: 2, rate: () => 0, restartsAt: 99 }).text);
        try {
            const settings = { gate: {} } as Parameters<typeof readPast>[1]["settings"];
            await assert.rejects(
                readPast(
                    asked(still.url, { seconds: 3600 }),
                    { version: "v1", settings },
                    { ...place(), url: still.url },
                    host,
                ),
                /no request to v1 of review\.hands-on in the 60 min until .*: its counters stood still\.\n {2}fix: npx upshift gate review --replay 168h$/,
            );
        } finally {
            await still.stop();
        }
    });
    it("is read of Istio's own metrics, too, with hours that are missing", async () => {
        const gap: ScrapedPast = {
            ...{ ...day, hours: 6, restartsAt: 99, metrics: "istio" },
            isMissing: (hour) => hour > 2 && hour < 4,
        };
        const own = scraped(gap);
        const istio = await startPrometheus([], own.text);
        try {
            const answered = await answerOn(
                asked(istio.url, { seconds: 6 * 3600, metrics: "istio" }),
                { gate: { latency: false } },
                "v1",
                { review: host },
            );
            const { windows } = answered.past;
            assert.deepEqual(totalOf(windows), { requests: own.requests, failed: own.failed });
            // What was last scraped is shown for five minutes.
            const longest = Math.max(...windows.map(({ seconds }) => seconds));
            assert.ok(longest > 110 * 60 && longest <= 120 * 60, `${longest} s`);
            assert.match(replayText(answered), / Of 1\.9 h Prometheus has no counts\./);
        } finally {
            await istio.stop();
        }
    });
    it("is read of each service of a chain, by the instants of one clock, and refused with every one that has none", async () => {
        const of = (service: string, more: Partial<ScrapedPast> = {}): ScrapedPast => ({
            ...{ ...day, hours: 6, restartsAt: 99, service },
            ...more,
        });
        // Nobody scraped who asks product, for two hours.
        const isMissing = (hour: number): boolean => hour > 2 && hour < 4;
        const pasts = [
            of("review"),
            of("product", { rate: () => 60, isMissing }),
            of("cart", { version: "v2" }),
            of("ads", { rate: () => 0 }),
        ];
        const chained = await startPrometheus([], scrapedTogether(pasts));
        try {
            const hosts = (...names: string[]) =>
                Object.fromEntries(names.map((name) => [name, { name, namespace: "hands-on" }]));
            const answer = (...names: string[]) =>
                answerOn(
                    asked(chained.url, { service: "shop", at: "shop", seconds: 6 * 3600 }),
                    { gate: { latency: false }, timeout: "30m" },
                    "v1",
                    hosts(...names),
                );
            const { past, replayed } = await answer("review", "product");
            for (const one of pasts.slice(0, 2)) {
                const own = ownOf(one.service ?? "", past.windows);
                const { requests, failed } = scraped(one);
                assert.deepEqual(totalOf(own), { requests, failed });
            }
            const ends = past.windows.map(({ at }) => at);
            assert.deepEqual(
                ends,
                [...ends].sort((one, other) => one - other),
            );
            assert.equal(new Set(ends).size, 360);
            assert.deepEqual(stoppersOf(stoppedIn(replayed.releases)), ["product"]);
            await assert.rejects(answer("review", "cart", "ads", "nobody"), ({ message }: Error) => {
                const [cart, cartFix, ads, adsFix, nobody, nobodyFix, ...others] = message.split("\n");
                assert.match(
                    cart ?? "",
                    /requests to cart\.hands-on, and none to its stable version v1: it knows v2\./,
                );
                assert.match(cartFix ?? "", /^ {2}fix: label the pods/);
                assert.match(
                    ads ?? "",
                    /no request to v1 of ads\.hands-on in the 6 h until .*: its counters stood still/,
                );
                assert.equal(adsFix, "  fix: npx upshift gate shop --replay 168h");
                assert.match(nobody ?? "", /has no requests to nobody\.hands-on: no proxy that calls it is scraped/);
                assert.match(nobodyFix ?? "", /^ {2}fix: curl -fsS /);
                assert.deepEqual(others, []);
                return true;
            });
        } finally {
            await chained.stop();
        }
    });
    it("can't be asked of one that is gone: that is no verdict", async () => {
        await prometheus.stop();
        await assert.rejects(
            read(),
            /^Error: Prometheus at http:\S+ gives no counts: .*\n {2}fix: curl -fsS http:\S+\/-\/ready$/,
        );
    });
});
