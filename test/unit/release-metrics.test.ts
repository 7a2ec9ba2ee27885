import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { fetch } from "undici";
import { type Update, updatesIn } from "../../rollout/release/history";
import { familiesOf } from "../../rollout/release/metrics/families";
import { openMetrics } from "../../rollout/release/metrics/openMetrics";
import { type Beside, type Past, pastOf } from "../../rollout/release/metrics/releases";
import type { Split } from "../../rollout/splits";
import { until } from "../support/apiserver";
import { prometheusProgram, startExporter, startPrometheus } from "../support/gatePrometheus";

/** A history, an update a minute of ten seconds each. */
class History {
    private readonly all: object[] = [];
    private config: Record<string, { value: string }> = {};

    up(v2: number | undefined, message: string, more: { result?: string; kind?: string; stable?: string } = {}): this {
        const weights = v2 === undefined ? this.config["shop:weights"] : asText({ review: { v1: 100 - v2, v2 } });
        this.config = {
            ...this.config,
            ...(weights && { "shop:weights": weights }),
            ...(more.stable !== undefined && { "shop:stable": asText({ review: more.stable }) }),
        };
        const version = this.all.length + 1;
        const began = Date.UTC(2026, 10, 26) + version * 60_000;
        const [startTime, endTime] = [began, began + 10_000].map((time) => new Date(time).toISOString());
        const { kind = "update", result = "succeeded" } = more;
        this.all.push({ version, kind, result, message, startTime, endTime, config: this.config });
        return this;
    }
    get updates(): Update[] {
        return updatesIn(JSON.stringify(this.all.toReversed()));
    }
    past(beside: Partial<Beside> = {}): Past {
        return pastOf(this.updates, { project: "shop", stable: { review: "v1" }, ...beside });
    }
}
const asText = (value: object): { value: string } => ({ value: JSON.stringify(value) });
const outcomes = ({ releases }: Past): unknown[] => releases.map(({ to, result }) => [to, result]);
const begun = (): History => new History().up(0, "first deployment");

describe("the releases in a stack's history", () => {
    it("are done once the version has everybody: with their steps, their time, and what they paused", () => {
        const past = begun()
            .up(undefined, "upshift: review v2: header, by ann@desk")
            .up(10, "upshift: review v2: 10; header was watched, by ann@desk")
            .up(50, "upshift: review v2: 50; 10 pass: review: well; paused 612 s, by ann@desk")
            .up(100, "upshift: review v2: 100; 50 pass: review: well, by ann@desk")
            .past();
        const [only, ...others] = past.releases;
        assert.ok(only && others.length === 0);
        assert.deepEqual([only.result, only.paused, (only.ended ?? 0) - only.began], ["done", 612, 3 * 60 + 10]);
        assert.equal(past.steps.length, 3);
        assert.deepEqual(past.rollbacks, []);
        assert.equal(past.lastChange.get("review"), Date.UTC(2026, 10, 26, 0, 5, 10) / 1000);
    });
    it("are read where a project with one service has its stable version as a text", () => {
        const [update] = begun().updates as [Update];
        const flat = {
            ...update,
            config: { "shop:weights": asText({ v1: 90, v2: 10 }), "shop:stable": { value: "v1" } },
        };
        assert.deepEqual(pastOf([flat], { project: "shop", stable: {} }).services, [""]);
    });
    it("came back by a gate, or by somebody, whatever way that was", () => {
        const back = (message: string): History => begun().up(10, "upshift: review v2: 10, by ann@desk").up(0, message);
        for (const [message, result, by] of [
            ["upshift: review back to v1: review: 9 of 60 failed, by ann@desk", "rolled_back", "gate"],
            ["upshift: review back to v1: somebody asked for it, by ann@desk", "aborted", "hand"],
            ["Back, it is broken", "aborted", "hand"],
        ] as const) {
            const past = back(message).past();
            assert.deepEqual(outcomes(past), [["v2", result]]);
            assert.deepEqual(past.rollbacks, [{ service: "review", by }]);
        }
    });
    it("are ended by an abort of a header test, which moves nobody by weight", () => {
        const past = begun()
            .up(undefined, "upshift: review v2: header, by ann@desk")
            .up(0, "upshift: review back to v1: somebody asked for it, by ann@desk")
            .past();
        assert.deepEqual(outcomes(past), [["v2", "aborted"]]);
        assert.equal(past.lastChange.size, 0);
    });
    it("begin with copies of requests, too: those that fail bring back a version that nobody was served by", () => {
        const past = begun()
            .up(undefined, "upshift: review v2: mirror:20, by ann@desk")
            .up(0, "upshift: review back to v1: review: 9 of 60 failed, by ann@desk")
            .past();
        assert.deepEqual(outcomes(past), [["v2", "rolled_back"]]);
        assert.deepEqual(past.rollbacks, [{ service: "review", by: "gate" }]);
    });
    it("are over when they are done: a way back after that is a rollback of its own, and the next is another", () => {
        const past = begun().up(100, "all to v2").up(0, "back").up(50, "again").past();
        assert.deepEqual(outcomes(past), [
            ["v2", "done"],
            ["v2", undefined],
        ]);
        assert.deepEqual(past.rollbacks, [{ service: "review", by: "hand" }]);
    });
    it("are measured by the stable version of their day", () => {
        const past = begun()
            .up(100, "upshift: review v2: 100, by ann@desk")
            .up(undefined, "upshift: review: v2 is the stable version, by ann@desk", { stable: "v2" })
            .up(90, "v1 again?")
            .up(100, "no")
            .past({ stable: { review: "v2" } });
        assert.deepEqual(outcomes(past), [
            ["v2", "done"],
            ["v1", "aborted"],
        ]);
    });
    it("are made of what succeeded: an update that failed is a step that failed, and a refresh is none", () => {
        const past = begun()
            .up(50, "refused", { result: "failed" })
            .up(50, "with the config of a step to come", { kind: "refresh" })
            .up(25, "upshift: review v2: 25, by ann@desk")
            .past();
        assert.deepEqual(
            past.steps.map(({ result }) => result),
            ["failed", "succeeded"],
        );
        assert.deepEqual(outcomes(past), [["v2", undefined]]);
    });
    it("of several services that were moved as one are one for each", () => {
        const both = (v2: number): object => ({ review: { v1: 100 - v2, v2 }, product: { v1: 100 - v2, v2 } });
        const update = (version: number, v2: number, message: string): object => ({
            ...{ version, message, kind: "update", result: "succeeded", config: { "shop:weights": asText(both(v2)) } },
            startTime: `2026-11-26T01:00:0${version}.000Z`,
        });
        const history = [
            update(1, 0, "first"),
            update(2, 10, "upshift: review v2, product v2: 10; paused 5 s, by ann@desk"),
            update(3, 0, "upshift: review back to v1, product back to v1: product: 9 of 60 failed, by ann@desk"),
        ];
        const { releases } = pastOf(updatesIn(JSON.stringify(history.toReversed())), {
            ...{ project: "shop", stable: { review: "v1", product: "v1" } },
        });
        assert.deepEqual(releases.map(({ service, result, paused }) => [service, result, paused]).sort(), [
            ["product", "rolled_back", 5],
            ["review", "rolled_back", 5],
        ]);
    });
});

describe("releases as OpenMetrics", function () {
    this.timeout(60_000);
    const splits = [
        { service: "review", routes: { weights: { v1: 75, v2: 25 }, special: [] } },
        { service: 'q"u\\o\nted', at: "stage", routes: { weights: { v1: 100 }, special: [] } },
    ] as unknown as Split[];
    const text = (): string => {
        const past = begun()
            .up(10, "upshift: review v2: 10, by ann@desk")
            .up(0, "upshift: review back to v1: somebody asked for it, by ann@desk")
            .up(25, "upshift: review v2: 25; paused 7 s, by ann@desk")
            .past();
        return openMetrics(familiesOf(past, splits, { project: "shop", stack: "prod" }));
    };

    it("end as they must, and say of each family its type, its unit where it has one, and what it is", () => {
        const lines = text().split("\n");
        assert.deepEqual(lines.slice(-2), ["# EOF", ""]);
        const families = lines.flatMap((line) => /^# TYPE (\S+) (\S+)$/.exec(line)?.[1] ?? []);
        assert.equal(new Set(families).size, families.length);
        for (const name of families) {
            assert.ok(
                lines.some((line) => line.startsWith(`# HELP ${name} `)),
                name,
            );
            const [, unit] = lines.flatMap((line) => new RegExp(`^# UNIT ${name} (\\S+)$`).exec(line) ?? []);
            if (/_(seconds|ratio)$/.test(name)) assert.ok(unit && name.endsWith(`_${unit}`), name);
        }
    });
    it("are read by Prometheus as that, and as its own older format, which node-exporter takes", async function () {
        if (!fs.existsSync(prometheusProgram)) this.skip();
        const [open, old] = [await startExporter(), await startExporter()];
        Object.assign(open, { metrics: text(), type: "application/openmetrics-text; version=1.0.0; charset=utf-8" });
        old.metrics = text();
        const prometheus = await startPrometheus([open.target, old.target]);
        try {
            for (const { target } of [open, old]) {
                const asked = async (query: string): Promise<unknown> => {
                    const url = `${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`;
                    const { data } = (await (await fetch(url)).json()) as {
                        data: { result: { value: [number, string] }[] };
                    };
                    return data.result.map(({ value }) => value[1]);
                };
                const here = `instance="${target}",stack="prod"`;
                const up = async (): Promise<boolean> => String(await asked(`up{instance="${target}"}`)) === "1";
                await until("Prometheus has read it", 30_000, up);
                for (const [query, value] of [
                    [`upshift_share_ratio{${here},service="review",version="v2"}`, "0.25"],
                    [`upshift_share_ratio{${here},at="stage"}`, "1"],
                    [`upshift_releases_total{${here},service="review",result="aborted"}`, "1"],
                    [`upshift_releases_total{${here},service="review",result="done"}`, "0"],
                    [`upshift_release_duration_seconds_sum{${here},service="review",result="aborted"}`, "70"],
                    [`upshift_release_duration_seconds_count{${here},service="review",result="aborted"}`, "1"],
                    [`upshift_release_pause_seconds_total{${here},service="review"}`, "7"],
                    [`upshift_release_steps_total{${here},service="review",result="succeeded"}`, "2"],
                    [`upshift_rollbacks_total{${here},service="review",by="hand"}`, "1"],
                    [
                        `upshift_release_began_timestamp_seconds{${here},version="v2"}`,
                        String(Date.UTC(2026, 10, 26, 0, 4) / 1000),
                    ],
                ] as const)
                    assert.deepEqual(await asked(query), [value], query);
            }
        } finally {
            await prometheus.stop();
            [open, old].forEach((one) => one.close());
        }
    });
    it("have nothing that promtool can't read", function () {
        if (!fs.existsSync("/usr/bin/promtool")) this.skip();
        const { status, stderr } = spawnSync("/usr/bin/promtool", ["check", "metrics"], {
            input: text(),
            encoding: "utf8",
        });
        // 3: it reads them, and has advice; OpenMetrics names a counter's family without `_total`, which it takes for no help.
        assert.ok(status === 0 || status === 3, stderr);
        assert.doesNotMatch(stderr, /error while linting/);
    });
});
