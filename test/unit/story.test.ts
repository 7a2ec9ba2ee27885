import * as assert from "node:assert/strict";
import { judge } from "../../components/traffic/judge/judge";
import { removedIn } from "../../components/traffic/judge/limits";
import { describe as describeFinding } from "../../components/traffic/judge/words";
import { identityOf, placed, worldKinds } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { overlay, type World } from "../../components/traffic/world/world";
import { isWorkload, replicasOf } from "../../components/traffic/world/workloads";
import { readSettings } from "../../systems/config/read";
import { programs } from "../../systems/programs";
import { Asked } from "../support/program";
import { stories } from "../../systems/stories";
import { allWell, summary } from "../../systems/play/table";
import { mostRequests, type StepResult } from "../../systems/play/tell";
import type { Verification } from "../../rollout/verify";

const verification = (over: Partial<Verification> = {}): Verification => ({
    service: "review",
    requests: 2000,
    failed: 0,
    failures: {},
    shares: [
        { version: "v1", count: 1602, expected: 80, measured: 80.1, tolerance: 3.6, within: true },
        { version: "v2", count: 398, expected: 20, measured: 19.9, tolerance: 3.6, within: true },
    ],
    latency: { p50: 10, p99: 40 },
    ok: true,
    ...over,
});
const result = (over: Partial<StepResult> = {}): StepResult => ({
    title: "review 80/20",
    seconds: 4.5,
    requests: 3000,
    failed: 0,
    failures: {},
    services: [verification()],
    testers: [],
    checks: [],
    ...over,
});

describe("stories", () => {
    for (const story of stories)
        it(`sets only what the config takes: ${story.system}`, () => {
            const config: Record<string, unknown> = { system: story.system };
            for (const step of [story.beginning, ...story.steps]) {
                apply(config, step.config);
                assert.deepEqual(readSettings(asPulumi(config)).problems, [], step.title);
            }
        });
    for (const story of stories)
        it(`goes by steps that the judge allows, or that it declares: ${story.system}`, async () => {
            const config: Record<string, unknown> = { system: story.system, ...surroundings[story.system] };
            let before: World | undefined;
            for (const step of [story.beginning, ...story.steps]) {
                apply(config, step.config);
                const after = await worldOf(story.system, asPulumi(config));
                // Objects that stay keep what only a cluster says, and those that go are gone.
                const gone = new Set((before?.objects ?? []).map(identityOf));
                for (const one of after.objects) gone.delete(identityOf(one));
                const next = before ? overlay(before, after.objects, gone) : after;
                const steps = before ? [{ readFrom: "state" as const, before, after: next }] : [];
                assert.deepEqual(
                    judge(steps, { removed: removedIn(config.remove) }).findings.map(describeFinding),
                    [],
                    step.title,
                );
                before = ready(next);
            }
        }).timeout(60_000);
    it("ends well only without a failed request and with every share as configured", () => {
        assert.ok(allWell([result(), result()]));
        assert.ok(!allWell([result(), result({ failed: 1 })]));
        assert.ok(!allWell([result({ services: [verification({ ok: false })] })]));
        assert.ok(!allWell([result({ checks: [{ name: "a", ok: false, detail: "b" }] })]));
        assert.ok(!allWell([result({ testers: [verification({ ok: false })] })]));
    });
    it("stay under load to the last step on a busy machine, where nine took 33 minutes", () => {
        const rate = 120;
        assert.ok(mostRequests(9, rate) > 2 * 33 * 60 * rate);
    });
    it("tells each step with its shares, its failures and why they failed", () => {
        const table = summary([result({ failed: 2, failures: { "503 no healthy upstream": 2 } })]);
        assert.match(table, /review 80\/20.*review v1 80 %, v2 20 %.*v1 80\.1 %, v2 19\.9 %.*3000.*2.*4\.5 s/);
        assert.match(table, /review 80\/20: 2 × 503 no healthy upstream/);
    });
});

/** Sets and takes away by path (`weights.review.v2`). */
function apply(config: Record<string, unknown>, paths: Readonly<Record<string, unknown>>): void {
    for (const [path, value] of Object.entries(paths)) {
        const parts = path.split(".");
        const last = parts.pop() ?? "";
        let at = config;
        for (const part of parts) at = (at[part] ??= {}) as Record<string, unknown>;
        if (value === undefined) delete at[last];
        else at[last] = value;
    }
}

/** Config as Pulumi hands it over: maps as JSON, all else as text. */
function asPulumi(config: Readonly<Record<string, unknown>>): Record<string, string> {
    return Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
}

/** What a system needs beside it. */
const surroundings: Readonly<Record<string, object>> = {
    notifications: { notifications: { database: "db.example.com", databasePassword: "none" } },
};

/** What a system's program asks for, as a world. */
async function worldOf(system: string, config: Readonly<Record<string, string>>): Promise<World> {
    const program = programs[system];
    assert.ok(program);
    const asked = await Asked.of(program, config);
    const objects = Object.keys(worldKinds).flatMap((kind) =>
        Object.values(asked.all<Body>(kind)).map((body) => placed(kind, body)),
    );
    return ready({ objects, isWhole: true });
}

/** The same with every pod ready. */
function ready(world: World): World {
    return {
        ...world,
        objects: world.objects.map((one) => (isWorkload(one) ? { ...one, readyPods: replicasOf(one) } : one)),
    };
}
