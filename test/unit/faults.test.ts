import * as assert from "node:assert/strict";
import { casesOf, kills, nameOf } from "../faults/plan";
import { unexplained } from "../faults/play";
import { reportOf } from "../faults/report";
import { faults } from "../faults/table";
import { together, type Slice } from "../faults/traffic";
import { sharesIn, transitionNamed, transitions } from "../faults/transitions";
import { nextCommand } from "../faults/user";

const slice = (from: number, failures: Record<string, number> = {}): Slice => ({
    from,
    to: from + 1000,
    requests: 200,
    failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
    failures,
    versions: { customers: { v1: 160, v2: 40 } },
});

describe("the fault table", () => {
    it("strikes every fault once before it strikes any for the second time, and fifty times the step's own processes", () => {
        const cases = casesOf();
        const first = cases.findIndex(({ fault }) => fault.name.endsWith("program killed"));
        assert.ok(first > 0);
        const others = faults.filter(({ name }) => !/^(pulumi up|provider|program) killed$/.test(name));
        assert.deepEqual(
            new Set(cases.slice(0, others.length).map(({ fault }) => fault.name)),
            new Set(others.map(({ name }) => name)),
        );
        assert.equal(
            cases.filter(({ fault }) => /^(pulumi up|provider|program) killed$/.test(fault.name)).length,
            kills,
        );
    });
    it("names every case differently, so that a run can go on where another ended", () => {
        const names = casesOf().map(nameOf);
        assert.equal(new Set(names).size, names.length);
    });
    it("strikes only during steps that there are, and each of those has something that is struck during it", () => {
        for (const { during } of faults) during.forEach((name) => transitionNamed(name));
        for (const { name } of transitions)
            assert.ok(
                faults.some(({ during }) => during.includes(name)),
                name,
            );
    });
});

describe("failed requests under a fault", () => {
    const allowed = { why: "the gateway is gone", says: /ECONNREFUSED/, seconds: 2 };
    const at = { struck: 10_000, over: 10_000 };

    it("are each a complaint where nothing may fail", () => {
        const [said, ...others] = unexplained([slice(9000), slice(10_000, { "503 no healthy upstream": 3 })], at);
        assert.match(said ?? "", /^3 of 200 requests failed 0\.0 s after the fault: 3 × 503 no healthy upstream$/);
        assert.deepEqual(others, []);
    });
    it("are explained by their time and their words", () => {
        assert.deepEqual(
            unexplained([slice(9500, { ECONNREFUSED: 3 }), slice(11_000, { ECONNREFUSED: 3 })], { ...at, allowed }),
            [],
        );
    });
    it("are complained of when they come before the fault, too late after it, or say something else", () => {
        const seen = [
            slice(8000, { ECONNREFUSED: 1 }),
            slice(12_500, { ECONNREFUSED: 1 }),
            slice(10_000, { "500 oops": 1 }),
        ];
        const complaints = unexplained(seen, { ...at, allowed });
        assert.equal(complaints.length, 3);
        assert.match(complaints.join("\n"), /out of its time[^]*out of its time[^]*not by the fault/);
    });
    it("are counted together over slices, by reason and by version", () => {
        const all = together([slice(0, { a: 1 }), slice(1000, { a: 2, b: 1 })]);
        assert.deepEqual(
            [all.from, all.to, all.requests, all.failed, all.failures, all.versions],
            [0, 2000, 400, 4, { a: 3, b: 1 }, { customers: { v1: 320, v2: 80 } }],
        );
    });
});

describe("whoever goes on after a fault", () => {
    const ended = (command: "pulumi up" | "pulumi cancel", code: number | null, printed = "") => ({
        command,
        code,
        printed,
    });
    it("starts the cluster where it is down, before all else", () =>
        assert.equal(
            nextCommand(ended("pulumi up", 1, "the stack is currently locked"), false, "review"),
            "npx upshift cluster up",
        ));
    it("cancels a lock, and tries again after that and after any failure", () => {
        assert.equal(
            nextCommand(ended("pulumi up", 255, "error: the stack is currently locked by 1 lock(s)"), true, "review"),
            "pulumi cancel",
        );
        assert.equal(nextCommand(ended("pulumi cancel", 0), true, "review"), "pulumi up");
        assert.equal(nextCommand(ended("pulumi up", null), true, "review"), "pulumi up");
    });
    it("does what a message offers, and restores what somebody wrote over although all went well", () => {
        const said =
            "review was moved by kubectl-patch.\n  fix: npx upshift adopt-drift review --stack dev, or npx upshift restore review --stack dev";
        assert.equal(nextCommand(ended("pulumi up", 1, said), true, "review"), "npx upshift restore review");
        assert.equal(nextCommand(ended("pulumi up", 0), true, "review"), "npx upshift restore review");
    });
});

describe("the shares that kubectl shows", () => {
    it("are the weights of the rule for users, and whether testers have a rule", () => {
        const weighted = { name: "weighted", route: [{ weight: 80 }, { weight: 20 }] };
        assert.equal(sharesIn(JSON.stringify({ spec: { http: [weighted] } })), "80/20");
        const header = { name: "canary-header", route: [{}] };
        assert.equal(sharesIn(JSON.stringify({ spec: { http: [header, weighted] } })), "80/20 and a header");
        assert.throws(() => sharesIn(JSON.stringify({ spec: { http: [header] } })), /No rule is named "weighted"/);
    });
    it("are pods where Deployments have them", () =>
        assert.equal(
            sharesIn(JSON.stringify({ items: [{ spec: { replicas: 3 } }, { spec: { replicas: 1 } }] })),
            "3/1",
        ));
});

describe("the page of a run", () => {
    const outcome = {
        fault: "gateway killed",
        transition: "weights",
        step: "100/0 → 80/20",
        at: 1,
        stood: 12,
        requests: 1000,
        failed: 10,
        failures: { ECONNREFUSED: 10 },
        unserved: 3.4,
        wentOn: 6,
        typed: ["pulumi up"],
        complaints: [],
    } as const;
    const page = (more: object) =>
        reportOf(
            {
                began: "2026-11-26T06:00:00Z",
                seed: 1,

                outcomes: { one: { ...outcome, ...more }, two: { ...outcome, wentOn: 9 } },
            },
            "2 cores",
        );

    it("has a row for each fault and kind of step, with the worst of all times", () =>
        assert.match(page({}), /\| gateway killed \| weights \| 2 \| 12 \| 2000 \| 20 \| 3 \| 9 \| `pulumi up` \|/));
    it("says why requests failed, and which faults were not played", () => {
        assert.match(
            page({}),
            /## Why requests failed\n\n- \*\*gateway killed\*\*: the embedded cluster has one gateway/,
        );
        assert.match(page({}), /- In this run, for want of time: etcd killed, /);
    });
    it("never says that all is well where a complaint is left", () => {
        assert.match(page({}), /No request failed that the fault itself does not explain/);
        const bad = page({ complaints: ["the cluster had\n50/50"] });
        assert.match(bad, /1 of them are not as they have to be/);
        assert.match(bad, /## Not as it has to be\n\n- \*\*gateway killed, weights\*\*: the cluster had 50\/50/);
    });
});
