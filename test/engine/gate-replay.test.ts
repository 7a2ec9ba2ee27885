import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { setConfig } from "../../rollout/stack";
import { removeStack, stackWithChain, stackWithReview } from "../support/appliedStack";
import { upshift } from "../support/cli";
import { scrapedTogether } from "../support/gatePast";
import { prometheusProgram, type RunningPrometheus, startPrometheus } from "../support/gatePrometheus";

const name = "gate-replay-test";
const chainName = "gate-replay-chain-test";

/** A stack whose state says what is applied, and a real Prometheus with half a day of which an hour was bad: no cluster is needed. */
describe("upshift gate --replay", function () {
    this.timeout(600_000);
    let prometheus: RunningPrometheus;
    const until = Math.floor(Date.now() / 60_000) * 60;

    before(async function () {
        if (!fs.existsSync(prometheusProgram)) return this.skip();
        const failing = (hour: number): number => (hour >= 6 && hour < 7 ? 0.05 : 0.0005);
        const past = { until, scrapeSeconds: 30, hours: 12, rate: () => 600, failing };
        const others = ["product", "recommendation"].map((service) => ({ ...past, failing: () => 0.0005, service }));
        prometheus = await startPrometheus([], scrapedTogether([past, ...others]));
        await stackWithReview(name, { v1: 100, v2: 0 });
        await stackWithChain(chainName);
    });
    after(async () => {
        await prometheus?.stop();
        await removeStack(name);
        await removeStack(chainName);
    });

    const gate = (...args: string[]) => upshift(["gate", ...args, "--stack", name]);
    const ofChain = (...args: string[]) => upshift(["gate", ...args, "--stack", chainName]);
    const end = new Date(until * 1000).toISOString();
    const asked = ["review", "--replay", "12h", "--until", end];
    const there = (): string[] => ["--prometheus", prometheus.url, "--metrics", "envoy", "--scrape", "30"];

    it("ends with 2 where there is no past to ask, or the question can't be meant, and says how to ask", async () => {
        const where = `npx upshift gate review --stack ${name}`;
        const refusals: readonly (readonly [args: readonly string[], told: RegExp])[] = [
            [asked, new RegExp(`these have no past: .*\n  fix: ${where} --replay 12h --prometheus http`)],
            [["review", "--replay", "24x"], new RegExp(`24x is no length of time .*\n  fix: ${where} --replay 24h`)],
            [["review", "--replay", "0h"], new RegExp(`0h is no length of time .*\n  fix: ${where} --replay 24h`)],
            [["review"], /required option '--replay <duration>' not specified/],
            [["reviw", "--replay", "24h", ...there()], /splits no service reviw; .*\n {2}fix: name it: review/],
            [[...asked, "--metrics", "linkerd"], /Allowed choices are istio, envoy/],
            [
                [...asked, "--share", "10", "--steps", "10,100"],
                /'--share <percent>' cannot be used with option '--steps/,
            ],
            [[...asked, "--prometheus", "localhost"], /must be an address such as http/],
            [
                ["review", "--replay", "5m", ...there()],
                new RegExp(`takes 10 min at least.*\n  fix: ${where} --replay 24h`),
            ],
            [["review", "--replay", "12h", "--until", "2100-01-01"], /must be a time that is over/],
            [[...asked, "--prometheus", "http://127.0.0.1:9"], /gives no counts: .*ECONNREFUSED/],
            [[...asked, "--prometheus", prometheus.url], /as "istio" counts them, but as "envoy" does/],
        ];
        for (const [args, told] of refusals) {
            const { code, stdout, stderr } = await gate(...args);
            assert.deepEqual([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
            assert.match(stderr, told);
        }
    });
    it("ends with 0, and has the hour that would have held releases, and that the ceiling is no reason to change", async () => {
        const { code, stdout, stderr } = await gate(...asked, ...there(), "--share", "10");
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^review: v1 released to itself \(as v1-again\) 180 times/);
        assert.match(stdout, /│ failed +│ 0 +│/);
        assert.match(stdout, /\nheld at 10, .* it is not v1-again's fault\.\n/);
        assert.match(stdout, /That is an incident: release at other hours\./);
    });
    it("takes what the config has: steps, and the Prometheus by which releases are judged", async () => {
        await setConfig(name, {
            "release.review.to": "v2",
            "release.review.steps": "header,50,100",
            "release.review.prometheus.url": prometheus.url,
            "release.review.prometheus.metrics": "envoy",
            "release.review.prometheus.scrapeSeconds": 30,
        });
        const { code, stdout, stderr } = await gate(...asked, "--json");
        assert.equal(code, 0, stderr);
        const { steps, releases, windowSeconds } = JSON.parse(stdout) as Record<string, unknown>;
        assert.deepEqual([steps, windowSeconds], [["header", "50", "100"], 60]);
        assert.equal((releases as { made: number }).made, 120);
        assert.equal((await gate(...asked, "--json")).stdout, stdout);
    });
    it("ends with 1 where more would have failed than alpha promises: at all users the ceiling alone decides", async () => {
        const { code, stdout, stderr } = await gate(...asked, "--steps", "header,100", "--json");
        assert.equal(code, 1, stderr);
        const { criesMoreThanAlpha, releases } = JSON.parse(stdout) as {
            criesMoreThanAlpha: boolean;
            releases: { failed: number; judged: number };
        };
        assert.equal(criesMoreThanAlpha, true);
        assert.ok(releases.failed > 0.01 * releases.judged, stdout);
    });
    it("says of a chain, by its own name, which of its services stopped releases", async () => {
        const back = [...asked.slice(1), ...there()];
        const part = await ofChain("review", ...back);
        assert.equal(part.code, 2, part.stdout);
        assert.match(part.stderr, /review is part of the chain shop: .*\n {2}fix: name the chain: shop/);
        const { code, stdout, stderr } = await ofChain("shop", ...back);
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^shop: v1 released to itself \(as v1-again\) 72 times/);
        for (const service of ["product", "recommendation", "review"])
            assert.match(stdout, new RegExp(`\nCallers of ${service} counted 864,000 requests to v1 `));
        assert.match(stdout, /\nheld at \d+ by review, .* after it began: review: /);
        assert.doesNotMatch(stdout, / by (product|recommendation)/);
        assert.match(stdout, /: review v1 itself failed .* That is an incident: release at other hours\./);
        const json = JSON.parse((await ofChain("shop", ...back, "--json")).stdout) as {
            stopped: { stoppedBy: string[] }[];
        };
        assert.deepEqual([...new Set(json.stopped.flatMap(({ stoppedBy }) => stoppedBy))], ["review"]);
    });
    it("ends with 2 where services of a chain have no past, with every one of them", async () => {
        const before = new Date((until - 5 * 86_400) * 1000).toISOString();
        const { code, stdout, stderr } = await ofChain("shop", "--replay", "12h", "--until", before, ...there());
        assert.deepEqual([code, stdout], [2, ""]);
        for (const service of ["product", "recommendation", "review"])
            assert.match(stderr, new RegExp(`has no requests to ${service}\\.hands-on: .*\n {2}fix: curl `));
    });
});
