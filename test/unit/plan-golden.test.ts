import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Strategy } from "../../components/traffic/split/strategy";
import { type Known, makePlan } from "../../rollout/plan/make";
import { asMarkdown } from "../../rollout/plan/markdown";
import { asSvg } from "../../rollout/plan/svg";
import { asText } from "../../rollout/plan/text";
import { address, change, knownOf, liveOf, pods, split } from "../support/previews";

const folder = path.join(__dirname, "..", "golden", "plan");
const testers = { name: "X-group", exact: "test", to: "v2" };
const all = { v1: 100, v2: 0 };

const raise = split(
    "review",
    { weights: { v1: 95, v2: 5 }, canaryHeader: testers },
    { weights: { v1: 80, v2: 20 }, canaryHeader: testers },
);
const pairs = (weights: Record<string, number>) => ({
    strategy: Strategy.Pairs,
    destinations: { v1: "active", v2: "smoke" },
    weights,
});

const notification = { service: "notification", stable: "v1", maxRaise: 25 };

/** The situations of issue and docs; a change of words shows in their files. `UPSHIFT_GOLDEN=write` writes them anew. */
const situations: Record<string, Known> = {
    "first deployment": knownOf([
        ...split("review", undefined, { weights: all }),
        pods("review", "v1", undefined, 2),
        pods("review", "v2", undefined, 2),
    ]),
    "header only": knownOf(split("review", { weights: all }, { weights: all, canaryHeader: testers })),
    raise: knownOf([...raise, ...split("product", { weights: all }, { weights: all })], {
        rates: { review: { v1: 14.2, v2: 0.8 } },
    }),
    "blue green": knownOf([
        ...split(
            "review",
            { weights: all, canaryHeader: testers, marks: { blueGreen: "v2" } },
            { weights: { v1: 0, v2: 100 }, marks: { blueGreen: "v2" } },
        ),
        address("review", {}, {}),
        pods("review", "v1", 3, 3),
        pods("review", "v2", 3, 3),
    ]),
    rollback: knownOf(split("review", { weights: { v1: 50, v2: 50 } }, { weights: all })),
    "refused jump": knownOf(split("review", { weights: { v1: 75, v2: 25 } }, { weights: { v1: 10, v2: 90 } }), {
        policies: [
            {
                policy: "step-size",
                pack: "upshift",
                level: "mandatory",
                resource: "review-vs",
                message:
                    "review: v2 25 → 90 is a raise of 65 points; at most 25 a step: try 50, or declare a blue/green switch after a header test\n  fix: pulumi config set-all --path --plaintext weights.review.v1=50 --plaintext weights.review.v2=50",
            },
            {
                policy: "replicas",
                pack: "upshift",
                level: "advisory",
                resource: "review-v2",
                message: "review-v2 has 1 pod for 90 % of requests",
            },
        ],
    }),
    drift: knownOf(split("review", { weights: all }, { weights: { v1: 90, v2: 10 } }), {
        live: {
            objects: liveOf(split("review", { weights: all }, undefined), ({ kind, metadata, spec }) => ({
                metadata: {
                    ...metadata,
                    managedFields: [
                        { manager: "pulumi-kubernetes", time: "2026-11-20T10:00:00Z", fieldsV1: { "f:spec": {} } },
                        { manager: "kubectl-edit", time: "2026-11-21T08:15:00Z", fieldsV1: { "f:spec": {} } },
                    ],
                },
                ...(kind === "VirtualService"
                    ? {
                          spec: JSON.parse(
                              JSON.stringify(spec)
                                  .replace('"weight":100', '"weight":70')
                                  .replace('"weight":0', '"weight":30'),
                          ) as object,
                      }
                    : {}),
            })),
        },
    }),
    replicas: knownOf([
        change(
            "upshift:index:ReplicaSplit",
            "notification",
            { weights: all, total: 4 },
            { weights: { v1: 75, v2: 25 }, total: 4 },
        ),
        address("notification", notification, notification),
        pods("notification", "v1", 4, 3, {
            component: "upshift:index:ReplicaSplit$upshift:index:VersionedService",
        }),
        pods("notification", "v2", 0, 1, {
            component: "upshift:index:ReplicaSplit$upshift:index:VersionedService",
        }),
    ]),
    pairs: knownOf([
        ...split("frontend", pairs(all), pairs({ v1: 75, v2: 25 })),
        address("active", {}, {}),
        address("smoke", {}, {}),
        pods("active", "a", 2, 2),
        pods("smoke", "b", 2, 2),
    ]),
    nothing: knownOf(split("review", { weights: all }, { weights: all })),
};

describe("the plan, in words and pictures", () => {
    for (const [name, situation] of Object.entries(situations)) {
        it(`is as it was agreed: ${name}`, () => {
            const plan = makePlan(situation);
            const file = name.replaceAll(" ", "-");
            golden(`${file}.txt`, `${stripVTControlCharacters(asText(plan))}\n`);
            golden(`${file}.md`, `${asMarkdown(plan)}\n`);
            golden(`${file}.svg`, `${asSvg(plan)}\n`);
        });
    }
});

function golden(name: string, text: string): void {
    const file = path.join(folder, name);
    if (process.env.UPSHIFT_GOLDEN === "write") {
        fs.mkdirSync(folder, { recursive: true });
        fs.writeFileSync(file, text);
    }
    assert.equal(text, fs.readFileSync(file, "utf8"), `${name} differs; UPSHIFT_GOLDEN=write writes it anew`);
}
