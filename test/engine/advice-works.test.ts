import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { projectRoot } from "../../cluster/paths";
import { settingsOfFile } from "../../systems/config/file";
import { surroundings } from "../../rollout/pulumi";
import { selectStack, setConfig } from "../../rollout/stack";
import { removeStack, stackWithReview } from "../support/appliedStack";
import { upshift } from "../support/cli";

const name = "advice-test";
const file = path.join(projectRoot(), `Pulumi.${name}.yaml`);
const half = { v1: 80, v2: 20 };

/** Mistakes that people make in a stack's config, each of another kind. */
const faults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "weights that do not sum to 100": { weights: { review: { v1: 80, v2: 30 } } },
    "weights that are no whole numbers": { weights: { review: { v1: 79.5, v2: 20.5 } } },
    "a weight below 0": { weights: { review: { v1: 110, v2: -10 } } },
    "a weight that is a word": { weights: { review: { v1: 80, v2: "twenty" } } },
    "a version that is not there": { weights: { review: { v1: 80, v9: 20 } } },
    "weights of a service that is not there": { weights: { reviews: half } },
    "a header without a name": { canaryHeader: { exact: "test", to: "v2" } },
    "a header without a value": { canaryHeader: { name: "X-group", to: "v2" } },
    "a header with two values": { canaryHeader: { name: "X-group", exact: "test", prefix: "te", to: "v2" } },
    "a header to a version that is not there": { canaryHeader: { name: "X-group", exact: "test", to: "v7" } },
    "a stable version that is not there": { stable: { review: "v9" } },
    "a switch to a version that is not there": { blueGreen: { review: "v9" } },
    "new code for a version that is not there": { inPlace: { review: "v9" } },
    "a strategy that is mistyped": { strategy: { review: "mehs" } },
    "a system that is mistyped": { system: "shpo" },
    "a target that is mistyped": { target: "k3" },
    "a key that is mistyped": { wieghts: { review: half } },
    "a number of pods that is too large": { replicas: { review: 1000 } },
    "pods of what is not there": { replicas: { nobody: 2 } },
    "a total where shares do not follow pods": { total: { review: 4 } },
    "a routing key that is mistyped": { routing: { review: { timeuot: "2s" } } },
    "a choice that is mistyped, below a key": { gateway: { service: "LoadBalancr" } },
    "a choice that is mistyped, in a list": { allowedTargets: ["k3d", "minikub"] },
    "a number that is a word": { replicas: { review: "two" } },
    "a limit that is none": { limits: { maxRaise: 0 } },
    "a host of a system that is not there": { hosts: { shpo: "shop.test" } },
};

describe("the command that a message offers", function () {
    this.timeout(300_000);
    before(() => selectStack(name));
    after(() => removeStack(name));

    const write = (config: Readonly<Record<string, unknown>>): void => {
        const values = Object.entries(config).map(([key, value]) => [`upshift:${key}`, value] as const);
        fs.writeFileSync(file, stringify({ config: Object.fromEntries(values) }));
    };
    const message = (): string | undefined => {
        try {
            settingsOfFile("upshift", name, projectRoot());
            return undefined;
        } catch (error) {
            return (error as Error).message;
        }
    };
    /** Runs a command as its reader does, in a shell. */
    const run = async (command: string): Promise<void> => {
        const { cwd, env } = await surroundings();
        await promisify(execFile)("sh", ["-c", command], { cwd, env });
    };

    for (const [what, config] of Object.entries(faults))
        it(`mends ${what}`, async () => {
            write(config);
            const said: string[] = [];
            // One command may lead to the next: whoever takes a version away has its share left over.
            for (let left = message(); left !== undefined; left = message()) {
                assert.ok(
                    said.length < 3 && !said.includes(left),
                    `the commands mend nothing:\n${[...said, left].join("\n")}`,
                );
                said.push(left);
                const [, fix] = /\n\s+fix: (pulumi config .*)$/m.exec(left) ?? [];
                assert.ok(fix, `no command is offered:\n${left}`);
                // What is wrong with the file is told without a word of its stack.
                await run(`${fix} --stack ${name}`);
            }
            assert.notDeepEqual(said, [], "it is no fault");
        });

    it("makes the next allowed step of one that is too large", async () => {
        await removeStack(name);
        await stackWithReview(name, half);
        await setConfig(name, { target: "embedded", cluster: "advice-nowhere", "limits.maxRaise": 25 });
        await setConfig(name, { "weights.review.v1": 10, "weights.review.v2": 90 });
        const guard = (): ReturnType<typeof upshift> => upshift(["guard", "--stack", name]);
        const { code, stdout } = await guard();
        assert.equal(code, 1, stdout);
        const [, fix = ""] = /\n\s+fix: (pulumi config .*)$/m.exec(stdout) ?? [];
        await run(fix);
        const then = await guard();
        assert.equal(then.code, 0, then.stdout);
        assert.match(fix, /^pulumi config set-all --stack advice-test --path /);
        assert.match(then.stdout, /~ review: v1 80 → 55, v2 20 → 45/);
    });
});
