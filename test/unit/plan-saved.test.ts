import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { makePlan } from "../../rollout/plan/make";
import type { Plan } from "../../rollout/plan/model";
import { movedSince } from "../../rollout/plan/moved";
import { savedPlan } from "../../rollout/plan/saved";
import { knownOf, movedByHand, pods, type Situation, split } from "../support/previews";

const plan = (v2: number, more?: Situation): Plan =>
    makePlan(
        knownOf(
            [
                ...split("review", { weights: { v1: 100, v2: 0 } }, { weights: { v1: 100 - v2, v2 } }),
                pods("review", "v2", 1, 3),
            ],
            more,
        ),
    );

describe("a saved plan", () => {
    let folder: string;
    before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "plan-saved-"))));
    after(() => fs.rmSync(folder, { recursive: true }));

    const saved = (content: unknown): string => {
        const file = path.join(folder, "plan.json");
        fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
        return file;
    };

    it("says of which form it is, and is read as it was written", () => {
        const approved = savedPlan(saved(plan(10)));
        assert.equal(approved.schema, 2);
        assert.deepEqual(movedSince(approved, plan(10)), []);
    });
    it("is no longer what a plan says that moves others, or that finds another cluster", () => {
        const approved = savedPlan(saved(plan(10)));
        const paths = (now: Plan): string[] => movedSince(approved, now).map(({ path }) => path);
        assert.ok(paths(plan(20)).includes("services[review].proposed.weights.v2"));
        assert.deepEqual(paths(plan(10, { edit: movedByHand(30) })), ["drift[VirtualService hands-on/review-vs]"]);
    });
    for (const [what, content, why] of [
        ["of an earlier form", { ...plan(10), schema: undefined }, /no plan of this version: schema: /],
        ["that was cut off", '{"schema": 2, "pro', /can't be read as a saved plan: /],
        ["with a part of another form", { ...plan(10), services: [{ service: 5 }] }, /services\.0\.service: /],
    ] as const)
        it(`${what} is refused, with the command that makes a new one`, () => {
            const file = saved(content);
            assert.throws(() => savedPlan(file), why);
            assert.throws(() => savedPlan(file), /\n {2}fix: npx upshift plan --json-file /);
        });
    it("that is not there is refused", () => {
        assert.throws(() => savedPlan(path.join(folder, "none.json")), /can't be read as a saved plan: ENOENT/);
    });
});
