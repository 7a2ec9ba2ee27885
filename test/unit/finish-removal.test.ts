import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathsNaming } from "../../rollout/release/finish/naming";
import { previousOf } from "../../rollout/release/finish/previous";
import { programLines } from "../../rollout/release/finish/programLines";
import { othersPods, staysOf } from "../../rollout/release/finish/stays";
import { movedAtIn } from "../../rollout/release/history";
import type { ReleasedService } from "../../rollout/release/service";
import { deployment, routes, service } from "../support/worlds";

describe("the versions that a release has left", () => {
    it("are the one that was stable, what it was compared with, and those of earlier releases, as far as they are there", () => {
        const served = { weights: { v0: 0, v1: 0, v1b: 0, v2: 100, v3: 0 }, stable: "v1" };
        assert.deepEqual(previousOf(served, "v2", { noted: "v0, gone", baseline: "v1b" }), ["v0", "v1", "v1b"]);
        assert.deepEqual(previousOf({ ...served, stable: "v2" }, "v2", { noted: "v1" }), ["v1"]);
        assert.deepEqual(previousOf({ ...served, stable: "v2" }, "v2", {}), []);
    });
});

describe("where a config names a version", () => {
    const named = (config: Record<string, unknown>, services = ["review"], versions = ["v1"]): string[] =>
        pathsNaming(
            Object.fromEntries(
                Object.entries(config).map(([key, value]) => [
                    `shop:${key}`,
                    typeof value === "string" ? value : JSON.stringify(value),
                ]),
            ),
            "shop",
            { services, versions },
        );

    it("is below its service's name, as a key or in a list, and nowhere else", () => {
        const config = {
            weights: { review: { v1: 0, v2: 100 }, product: { v1: 100, v2: 0 } },
            images: { review: { v1: "a", v2: "b" } },
            services: { review: { versions: [{ name: "v1", image: "a" }, { name: "v2" }] } },
            versions: { review: ["v1", "v2"], product: ["v1"] },
            canaryHeader: { name: "x", exact: "v1", to: "v2" },
            stable: { review: "v1" },
            release: { review: { gate: { v1: 1 } } },
            system: "v1",
        };
        assert.deepEqual(named(config).sort(), [
            "images.review.v1",
            "services.review.versions[0]",
            "versions.review[0]",
            "weights.review.v1",
        ]);
    });
    it("is by itself where the project has no other service", () => {
        const images = { v1: "a", v2: "b" };
        assert.deepEqual(named({ weights: { v1: 0, v2: 100 }, images }).sort(), ["images.v1", "weights.v1"]);
        assert.deepEqual(named({ weights: { review: { v1: 0 } }, images }).sort(), ["images.v1", "weights.review.v1"]);
        const several = { weights: { review: { v1: 0 }, product: { v1: 0 } }, images };
        assert.deepEqual(named(several), ["weights.review.v1"]);
    });
    it("is told in an order in which none moves another out of its place", () => {
        assert.deepEqual(named({ versions: { review: ["v0", "v1", "v2"] } }, ["review"], ["v0", "v1"]), [
            "versions.review[1]",
            "versions.review[0]",
        ]);
    });
    it("is not where another project's config says the same", () => {
        assert.deepEqual(
            pathsNaming({ "other:weights": '{"review":{"v1":0}}' }, "shop", { services: ["review"], versions: ["v1"] }),
            [],
        );
    });
});

describe("what a program still has of a version that its config names no more", () => {
    const leaving = [
        {
            service: "review",
            versions: ["v1"],
            served: { host: { name: "review", namespace: "shop" }, routes: routes() } as ReleasedService,
        },
    ];
    const before = service({ weights: { v1: 0, v2: 100 } });
    const without = service({ weights: { v2: 100 } });
    it("is its share, its subset and its pods; nothing where it has left out all of them", () => {
        assert.deepEqual(staysOf(leaving, before, before), [
            "DestinationRule shop/review-dr (v1)",
            "VirtualService shop/review-vs (v1)",
            "Deployment shop/review-v1 (v1)",
        ]);
        assert.deepEqual(staysOf(leaving, before, [...without, deployment({ version: "v1" })]), [
            "Deployment shop/review-v1 (v1)",
        ]);
        assert.deepEqual(staysOf(leaving, before, without), []);
    });
    it("leaves what others have deployed, which is told by itself", () => {
        const own = before.filter(({ kind }) => ["VirtualService", "DestinationRule"].includes(kind));
        const cluster = { objects: before, isWhole: true };
        assert.deepEqual(
            othersPods(leaving, own, cluster).map(({ kind, name }) => `${kind} ${name}`),
            ["Deployment review-v1"],
        );
        assert.deepEqual(othersPods(leaving, before, cluster), []);
    });
});

describe("the lines of a program that name a version", () => {
    let folder: string;
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "program-"))));
    afterEach(() => fs.rmSync(folder, { recursive: true }));
    const write = (file: string, text: string): void => {
        fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        fs.writeFileSync(path.join(folder, file), text);
    };

    it("are those of the files that are about the service, in whichever language, and of no library or stack", () => {
        write(
            "index.ts",
            'const split = new TrafficSplit("review", {\n    versions: ["v1", "v2"],\n    label: "v10",\n});\n',
        );
        write("app/main.py", "split = upshift.TrafficSplit('review', versions=['v1'])\n");
        write("other.ts", 'export const api = "v1";\n');
        write("node_modules/upshift/index.js", 'TrafficSplit("v1")\n');
        write("Pulumi.dev.yaml", "config: { review: v1 }\n");
        write(
            "Pulumi.yaml",
            "resources:\n  review:\n    apiVersion: v1\n    versions:\n      - name: v1\n      - v10\n",
        );
        assert.deepEqual(programLines(folder, ["review"], "v1").sort(), [
            "Pulumi.yaml:5: - name: v1",
            "app/main.py:1: split = upshift.TrafficSplit('review', versions=['v1'])",
            'index.ts:2: versions: ["v1", "v2"],',
        ]);
    });
});

describe("when users came to where they are", () => {
    const update = (version: number, weights: object, result = "succeeded") => ({
        version,
        kind: "update",
        startTime: `2026-11-26T10:0${version}:00Z`,
        endTime: `2026-11-26T10:0${version}:30Z`,
        result,
        config: { "shop:weights": { value: JSON.stringify(weights) } },
    });
    it("is the last update that moved them, whatever was updated since, and whoever else moved", () => {
        const at = { v1: 0, v2: 100 };
        const history = [
            update(1, { review: { v1: 100, v2: 0 }, product: at }),
            update(2, { review: at, product: at }),
            update(3, { review: at, product: { v1: 100, v2: 0 } }),
            update(4, { review: { v1: 100, v2: 0 }, product: { v1: 100, v2: 0 } }, "failed"),
        ];
        const printed = JSON.stringify(history.reverse());
        assert.equal(movedAtIn(printed, "shop", "review"), Date.parse("2026-11-26T10:02:30Z"));
        assert.equal(movedAtIn(printed, "shop", "cart"), undefined);
        const flat = JSON.stringify([update(1, { v1: 100 }), update(2, at)].reverse());
        assert.equal(movedAtIn(flat, "shop", "review"), Date.parse("2026-11-26T10:02:30Z"));
    });
});
