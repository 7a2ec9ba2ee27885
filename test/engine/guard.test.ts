import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import { startCluster, type TestCluster } from "../support/apiserver";
import { annotations } from "../../components/traffic/world/marks";
import { annotate, guardedSandbox, inlineProgram, liveShare, patchShare, readyPod } from "../support/guarded";
import { defineMeshKinds } from "../support/recordedWorld";

const up = ["up", "--yes", "--skip-preview"];
const header = { name: "X-group", exact: "test", to: "v2" };

describe("the guard of a step, by Pulumi's engine and an API server", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let stack: Awaited<ReturnType<typeof guardedSandbox>>;

    before(async () => {
        cluster = await startCluster(defineMeshKinds);
        stack = await guardedSandbox(cluster);
    });
    after(async () => {
        stack?.remove();
        await cluster?.stop();
    });

    /** Runs Pulumi, which must end with an error that tells this. */
    const refused = async (why: RegExp, ...args: string[]): Promise<void> => {
        const { code, output } = await stack.pulumi(...args);
        assert.notEqual(code, 0, `pulumi ${args.join(" ")} was let through:\n${output}`);
        assert.match(output, why);
    };
    const apply = (...args: Parameters<typeof stack.config>): Promise<string> => {
        stack.config(...args);
        return stack.succeed(...up);
    };
    const urnOf = async (ending: string): Promise<string> =>
        (await stack.resources()).find(({ urn }) => urn.endsWith(ending))?.urn ?? "";
    const tooMuch = /review: v2 20 → 90 is a raise of 70 points; at most 25 a step: try 45, or declare/;

    describe("at the first deployment", () => {
        it("takes a namespace that the preview does not know for no other, whoever serves there under the same name", async () => {
            await readyPod(cluster, "elsewhere", "v1");
            stack.config({ elsewhere: { v2: 90, isPlacedLater: true } });
            await stack.succeed("preview");
        });
        it("sees no step", async () => {
            await apply({ review: { v2: 20 } });
            assert.equal(await liveShare(cluster, "review"), 20);
        });
    });

    describe("refuses a jump", () => {
        const state = (): string => path.join(stack.folder, "state.json");
        before(() => stack.succeed("stack", "export", "--file", state()));
        beforeEach(() => stack.config({ review: { v2: 90 } }));
        afterEach("nobody was moved", async () => {
            assert.equal(await liveShare(cluster, "review"), 20);
            await stack.succeed("stack", "import", "--file", state());
        });

        it("in a preview, with the next allowed value and its command", async () => {
            await refused(tooMuch, "preview");
            await refused(/fix: pulumi config set-all --path --plaintext weights\.review\.v1=55/, "preview");
        });
        it("without a preview, and again when the failed update is tried again", async () => {
            await refused(tooMuch, ...up);
            await refused(tooMuch, ...up);
            await refused(tooMuch, "preview");
        });
        it("with a refresh", async () => {
            await refused(tooMuch, ...up, "--refresh");
        });
        it("of one resource alone", async () => {
            await refused(tooMuch, ...up, "--target", await urnOf("::review-vs"));
            await refused(tooMuch, ...up, "--target", await urnOf("::review"), "--target-dependents");
        });
        it("of a resource that has another name in the state now, with and without an alias", async () => {
            for (const moved of ["with alias", "without alias"] as const) {
                stack.config({ review: { v2: 90, moved } });
                await refused(tooMuch, "preview");
                await refused(tooMuch, ...up);
            }
        });
        it("by a VirtualService of another name for the same host", async () => {
            stack.config({ review: { v2: 90, transform: "other name" } });
            await refused(tooMuch, "preview");
            await refused(tooMuch, ...up);
        });
        it("of percentages as text", async () => {
            stack.config({ review: { v2: 90, transform: "text" } });
            for (const args of [["preview"], up])
                await refused(/the weight of v2 is the text "90", and must be a number/, ...args);
        });
        it("of values that a preview does not know, there and when they are known", async () => {
            stack.config({ review: { v2: 90, transform: "unknown" } });
            await refused(/the weight of v2 is not known at preview: give weights as plain numbers/, "preview");
            await refused(tooMuch, ...up);
        });
        it("by the Automation API, with a program that is a function", async () => {
            const inline = {
                stackName: "dev",
                projectName: "sandbox",
                program: inlineProgram(cluster, { review: { v2: 90 } }),
            };
            const envVars = Object.fromEntries(
                Object.entries(stack.environment).filter((pair): pair is [string, string] => pair[1] !== undefined),
            );
            // The guard of an inline program runs in this process.
            const root = path.dirname(envVars.PATH?.split(path.delimiter)[0] ?? "");
            const release = await LocalWorkspace.createOrSelectStack(inline, {
                workDir: stack.folder,
                envVars,
                pulumiCommand: await PulumiCommand.get({ root }),
            });
            await assert.rejects(release.up(), tooMuch);
            await assert.rejects(release.preview(), tooMuch);
        });
        it("when the state has lost the resource, by what the cluster has", async () => {
            await stack.succeed("state", "delete", "--yes", await urnOf("::review-vs"));
            await refused(tooMuch, "preview");
            await refused(tooMuch, ...up);
        });
    });

    describe("of an import", () => {
        const product = { v2: 0, transform: "import" as const };
        it("takes no other weights than the cluster has, and judges the next step by those", async () => {
            await apply({ review: { v2: 20 }, product: { v2: 0 } });
            await stack.succeed("state", "delete", "--yes", await urnOf("::product-vs"));
            stack.config({ review: { v2: 20 }, product: { ...product, v2: 90 } });
            await refused(/do not match the existing resource|product: v2 0 → 90 is a raise/, ...up);
            await apply({ review: { v2: 20 }, product });
            stack.config({ review: { v2: 20 }, product: { v2: 90 } });
            await refused(/product: v2 0 → 90 is a raise of 90 points/, ...up);
            assert.equal(await liveShare(cluster, "product"), 0);
        });
    });

    describe("of a service whose namespace a transform sets", () => {
        const led = (v2: number) => ({ led: { v2, transform: "other namespace" as const } });
        it("takes it as any other: from its first deployment on, in steps, not by a jump, and back", async () => {
            await readyPod(cluster, "led", "v1", "kube-public");
            for (const v2 of [0, 20, 40]) await apply({ review: { v2: 20 }, ...led(v2) });
            stack.config({ review: { v2: 20 }, ...led(90) });
            for (const args of [["preview"], up])
                await refused(/led: v2 40 → 90 is a raise of 50 points; at most 25 a step: try 65/, ...args);
            await apply({ review: { v2: 20 }, ...led(0) });
            await apply({ review: { v2: 20 } });
        });
    });

    describe("of several services", () => {
        it("judges them together: neither is moved, and not on a second try either", async () => {
            await apply({ review: { v2: 20 }, product: { v2: 0 } });
            stack.config({ review: { v2: 40 }, product: { v2: 20 } });
            const both =
                /product v2 0 → 20.* are together a raise of 40 points; at most 25 a step|review v2 20 → 40.* together/;
            await refused(both, "preview");
            await refused(both, ...up);
            await refused(both, ...up);
            assert.equal(await liveShare(cluster, "review"), 20);
            assert.equal(await liveShare(cluster, "product"), 0);
            await apply({ review: { v2: 40 }, product: { v2: 0 } });
            await apply({ review: { v2: 20 }, product: { v2: 0 } });
        });
    });

    describe("when somebody has used kubectl", () => {
        before(() => patchShare(cluster, "review", 60));
        it("shows what the state and the cluster have, and counts the larger raise", async () => {
            stack.config({ review: { v2: 70 }, product: { v2: 0 } });
            await refused(
                /v2 20 → 70 is a raise of 50 points \(the state has v2 20, the cluster has v2 60\); at most 25/,
                ...up,
            );
            assert.equal(await liveShare(cluster, "review"), 60);
        });
        it("judges by the cluster where its share is the lower one", async () => {
            await patchShare(cluster, "review", 0);
            stack.config({ review: { v2: 40 }, product: { v2: 0 } });
            await refused(/v2 0 → 40 is a raise of 40 points \(the state has v2 20, the cluster has v2 0\)/, ...up);
            await refused(/v2 0 → 40 is a raise of 40 points/, ...up, "--refresh");
        });
        it("lets everybody back to stable at once", async () => {
            await patchShare(cluster, "review", 90);
            stack.config({ review: { v2: 0 }, product: { v2: 0 } });
            await stack.succeed(...up, "--refresh");
            assert.equal(await liveShare(cluster, "review"), 0);
        });
    });

    describe("when somebody broke the glass", () => {
        it("warns at the next step, and leaves an Event with the reason", async () => {
            await apply({ review: { v2: 0 }, product: { v2: 0 } });
            await annotate(cluster, "review", { [annotations.breakGlass]: "v1 is on fire (ann)" });
            stack.config({ review: { v2: 10 }, product: { v2: 0 } });
            assert.match(
                await stack.succeed(...up),
                /review: the glass was broken, no limit held: v1 is on fire \(ann\)/,
            );
            const events = "/api/v1/namespaces/default/events?fieldSelector=reason=BreakGlass";
            const { items } = (await cluster.request("GET", events)) as unknown as { items: { message: string }[] };
            assert.deepEqual(
                items.map(({ message }) => message),
                ["the glass was broken, no limit held: v1 is on fire (ann)"],
            );
            await annotate(cluster, "review", { [annotations.breakGlass]: null });
        });
    });

    describe("of a declared blue/green switch", () => {
        const product = { v2: 0 };
        const declared = { v2: 100, header, blueGreen: "v2" };
        it("refuses it in the update that declares it: a step does not bring along what it is measured by", async () => {
            stack.config({ review: declared, product });
            await refused(/review: v2 10 → 100 is a raise of 90 points/, ...up);
        });
        it("refuses it before a header leads to the version", async () => {
            await apply({ review: { v2: 0, blueGreen: "v2" }, product });
            stack.config({ review: declared, product });
            await refused(/but no header leads to v2 in what is applied/, "preview");
            await refused(/but no header leads to v2 in what is applied/, ...up);
        });
        it("refuses it while the version has fewer ready pods than stable", async () => {
            await apply({ review: { v2: 0, header, blueGreen: "v2" }, product });
            await readyPod(cluster, "review", "v1");
            stack.config({ review: declared, product });
            await refused(/v2 has 0 ready pods and v1 1/, ...up);
        });
        it("makes it once the version is tested and ready, and goes back at once", async () => {
            await readyPod(cluster, "review", "v2");
            await stack.succeed("preview");
            await stack.succeed(...up);
            assert.equal(await liveShare(cluster, "review"), 100);
            await apply({ review: { v2: 0, header }, product });
            assert.equal(await liveShare(cluster, "review"), 0);
        });
    });

    describe("when a version is taken away", () => {
        it("refuses it while that one still serves, and lets a drained one go", async () => {
            const removed = { review: { v2: 0, versions: ["v1"] } };
            await apply({ review: { v2: 0, header } });
            stack.config(removed);
            await refused(
                /review: v2 still is reached by testers \(x-group: test\): move them away in a step of its own/,
                "preview",
            );
            await refused(/review: v2 still is reached by testers/, ...up);
            await apply({ review: { v2: 20 } });
            stack.config(removed);
            await refused(/review: v2 still has 20 % of the requests/, ...up);
            await apply({ review: { v2: 0 } });
            await apply(removed);
            assert.equal(await liveShare(cluster, "review"), undefined);
        });
    });

    describe("where the cluster can't be read", () => {
        const nowhere = (kubeconfig: string): string => {
            const there = fs.readFileSync(cluster.kubeconfig, "utf8");
            fs.writeFileSync(kubeconfig, there.replace(/https:\/\/127\.0\.0\.1:\d+/, "https://127.0.0.1:1"));
            return kubeconfig;
        };

        it("judges by the state alone, and says so", async () => {
            await apply({ review: { v2: 0 } });
            stack.config({ review: { v2: 90, kubeconfig: nowhere(path.join(stack.folder, "nowhere")) } });
            const { code, output } = await stack.pulumi("preview");
            assert.notEqual(code, 0);
            assert.match(output, /what the cluster has can't be read: .*judged by the state alone/);
            assert.match(output, /v2 0 → 90 is a raise of 90 points/);
        });

        it("says how to find out why, where an allowed step can't ask the proxies", async () => {
            await apply({ review: { v2: 0 } });
            stack.config({ review: { v2: 20 } });
            const there = fs.readFileSync(cluster.kubeconfig);
            // The same file: another provider would have all of it made anew.
            nowhere(cluster.kubeconfig);
            const { code, output } = await stack
                .pulumi("up", "--yes", "--skip-preview")
                .finally(() => fs.writeFileSync(cluster.kubeconfig, there));
            assert.notEqual(code, 0);
            assert.match(
                output,
                /the cluster does not answer: .*ECONNREFUSED.*\n +fix: kubectl --kubeconfig \S+ --context test cluster-info/,
            );
            assert.equal(await liveShare(cluster, "review"), 0);
        });
    });

    describe("at the end", () => {
        it("is no hindrance to a destroy", async () => {
            await apply({ review: { v2: 20 } });
            await stack.succeed("destroy", "--yes", "--skip-preview");
        });
    });
});
