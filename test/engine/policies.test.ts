import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import { quote } from "../../components/shellWord";
import { startCluster, type TestCluster } from "../support/apiserver";
import { type Made, serviceObjects, virtualService } from "../support/policyObjects";
import { istioDefinition, objectsProgram } from "../support/policyProgram";
import { type Outcome, type Sandbox, sandbox } from "../support/pulumi";

const pack = path.join(projectRoot(), "policies");
const up = ["up", "--yes", "--skip-preview"];

describe("the policy pack in the engine, against an API server", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let project: Sandbox;
    let tools: string;

    before(async () => {
        cluster = await startCluster(async (request) => {
            for (const kind of ["VirtualService", "DestinationRule"])
                await request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", istioDefinition(kind));
        });
        await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: "shop" } });
        tools = fs.mkdtempSync(path.join(path.dirname(cluster.kubeconfig), "tools-"));
        project = await sandbox(
            { "index.ts": objectsProgram, "objects.json": "[]" },
            { TEST_KUBECONFIG: cluster.kubeconfig },
            // Only where a test puts a `pulumi` there, the pack finds that one.
            tools,
        );
    });

    after(async () => {
        project?.remove();
        await cluster?.stop();
    });

    const propose = (objects: readonly Made[]): void => project.write({ "objects.json": JSON.stringify(objects) });

    /** Applies objects without the pack, as where nobody guards. */
    const apply = async (objects: readonly Made[]): Promise<void> => {
        propose(objects);
        await project.succeed(...up);
    };

    const guarded = (...args: string[]): Promise<Outcome> => project.pulumi(...args, "--policy-pack", pack);

    const review = (v2: number, testers?: string): Made[] =>
        serviceObjects("review", { weights: { v1: 100 - v2, v2 }, testers });

    const reviewAs = (routes: Made): Made[] => [...review(0).filter(({ kind }) => kind !== "VirtualService"), routes];

    const weightOf = async (): Promise<unknown> => {
        const live = await cluster.request("GET", `${routesPath}/review-vs`);
        const { http } = live.spec as { http: { route: { weight: number }[] }[] };
        return http.at(-1)?.route[1]?.weight;
    };

    /** Moves the weight with the API, as kubectl does. */
    const moveByHand = (v2: number): Promise<unknown> =>
        cluster.request(
            "PATCH",
            `${routesPath}/review-vs`,
            { spec: { http: (virtualService("review", { v1: 100 - v2, v2 }).spec.http ?? []) as never } },
            { contentType: "application/merge-patch+json" },
        );

    const refuses = async (message: RegExp, ...args: string[]): Promise<void> => {
        const { code, output } = await guarded(...args);
        assert.notEqual(code, 0, output);
        assert.match(output, message);
    };

    const accepts = async (...args: string[]): Promise<void> => {
        const { code, output } = await guarded(...args);
        assert.equal(code, 0, output);
        assert.doesNotMatch(output, /\[mandatory\]|\[advisory\]/);
        assert.match(output, /✅ upshift@v/);
    };

    const tooLarge =
        /review: v2 25 → 90 is a raise of 65 points; at most 25 a step: try 50, or declare a blue\/green switch after a header test/;

    it("lets a first deployment and a step within the limit through, without a word", async () => {
        propose(review(0));
        await accepts(...up);
        propose(review(25));
        await accepts(...up);
        assert.equal(await weightOf(), 25);
    });

    it("refuses an unsafe jump at preview and update, and names the next allowed value", async () => {
        propose(review(90));
        await refuses(tooLarge, "preview");
        await refuses(tooLarge, ...up);
        assert.equal(await weightOf(), 25);
    });

    it("finds a rollback clean, at once and from any share", async () => {
        await apply(review(100));
        propose(review(0));
        await accepts("preview");
        await apply(review(25));
    });

    it("says of dev's limits what would be refused, and lets it through", async () => {
        propose(review(100));
        const config = path.join(pack, "config", "dev.json");
        const { code, output } = await guarded("preview", "--policy-pack-config", config);
        assert.equal(code, 0, output);
        assert.match(output, /\[advisory\].*step-size/);
        assert.match(output, /review: v2 25 → 100 is a raise of 75 points; at most 50 a step: try 75/);
    });

    it("refuses the same under prod's config, and finds a rollback clean at any time", async () => {
        const config = path.join(pack, "config", "prod.json");
        const pods = { v1: 2, v2: 2 };
        const inProd = (v2: number): Made[] =>
            serviceObjects("review", { weights: { v1: 100 - v2, v2 }, replicas: pods });
        await apply(inProd(25));
        propose(inProd(90));
        for (const args of [["preview"], up])
            await refuses(
                /\[mandatory\].*step-size[\s\S]*review: v2 25 → 90 is a raise of 65 points; at most 25 a step: try 50, or declare/,
                ...args,
                "--policy-pack-config",
                config,
            );
        assert.equal(await weightOf(), 25);
        propose(inProd(0));
        await accepts("preview", "--policy-pack-config", config);
    });

    describe("is not passed by", () => {
        beforeEach(() => apply(review(25)));

        it("the Automation API", async () => {
            propose(review(90));
            const envVars = Object.fromEntries(
                Object.entries(project.environment).filter((pair): pair is [string, string] => pair[1] !== undefined),
            );
            const bin = envVars.PATH?.split(path.delimiter).find((one) => fs.existsSync(path.join(one, "pulumi")));
            const release = await LocalWorkspace.selectStack(
                { stackName: "dev", workDir: project.folder },
                { envVars, pulumiCommand: await PulumiCommand.get({ root: path.dirname(bin ?? "") }) },
            );
            await assert.rejects(release.preview({ policyPacks: [pack] }), tooLarge);
            // This is the API's way: without a preview.
            await assert.rejects(release.up({ policyPacks: [pack] }), tooLarge);
            assert.equal(await weightOf(), 25);
        });

        it("an import", async () => {
            const imported = { ...virtualService("review", { v1: 10, v2: 90 }), importAs: "shop/review-vs" };
            const [routes] = (await project.resources()).filter(({ type }) => type.endsWith(":VirtualService"));
            await project.succeed("state", "delete", "--yes", routes?.urn ?? "");
            propose(reviewAs(imported));
            // The state has no routes any more: by it, requests go to all ready pods.
            const fromTheCluster =
                /review: v2 25 → 90 is a raise of 65 points \(the state has v2 50, the cluster has v2 25\); at most 25 a step: try 50/;
            try {
                await refuses(fromTheCluster, "preview");
                await refuses(fromTheCluster, ...up);
                assert.equal(await weightOf(), 25);
            } finally {
                await apply(reviewAs({ ...virtualService("review", { v1: 75, v2: 25 }), importAs: "shop/review-vs" }));
            }
        });

        it("a failed up and a second try", async () => {
            // The API server takes no replicas below 0: the update fails after the outputs of the stack are known.
            propose([...serviceObjects("review", { weights: { v1: 10, v2: 90 }, replicas: { v1: -1 } })]);
            assert.notEqual((await project.pulumi(...up)).code, 0);
            assert.equal(await weightOf(), 25);
            propose(review(90));
            await refuses(tooLarge, ...up);
        });

        it("a target", async () => {
            propose(review(90));
            const [routes] = (await project.resources()).filter(({ type }) => type.endsWith(":VirtualService"));
            await refuses(tooLarge, ...up, "--target", routes?.urn ?? "");
        });

        it("a refresh, nor by what somebody moved with kubectl before", async () => {
            propose(review(90));
            await refuses(tooLarge, ...up, "--refresh");
            await moveByHand(80);
            propose(review(30));
            await accepts("preview");
            await moveByHand(0);
            propose(review(50));
            await refuses(/v2 0 → 50 is a raise of 50 points \(the state has v2 25, the cluster has v2 0\)/, "preview");
            await refuses(/v2 0 → 50 is a raise of 50 points/, "preview", "--refresh");
            await moveByHand(25);
        });

        it("a renamed resource with an alias, nor without one", async () => {
            const renamed = { ...virtualService("review", { v1: 10, v2: 90 }), name: "routes" };
            propose(reviewAs({ ...renamed, aliases: ["review-vs"] }));
            await refuses(tooLarge, "preview");
            propose(reviewAs(renamed));
            await refuses(tooLarge, "preview");
        });

        it("a VirtualService of another name for the same host, however the host is written", async () => {
            const other = virtualService("review", { v1: 10, v2: 90 }, undefined, "other");
            propose(reviewAs({ ...other, spec: { ...other.spec, hosts: ["review.shop.svc.cluster.local"] } }));
            await refuses(tooLarge, "preview");
            propose([...review(25), other]);
            await refuses(/VirtualServices shop\/\S+ and shop\/\S+ both route it/, "preview");
        });

        it("percentages as texts", async () => {
            propose(reviewAs(virtualService("review", { v1: "10", v2: "90" })));
            await refuses(/weighted\.v2: "90" is not a whole number from 0 to 100/, "preview");
            await refuses(/the weight of v1 is the text "10", and must be a number|is not a whole number/, ...up);
            assert.equal(await weightOf(), 25);
        });

        it("values that a preview does not know", async () => {
            propose(reviewAs(virtualService("review", { v1: "drawn 10", v2: "drawn 90" })));
            await refuses(/review: the weight of v1 is not known at preview/, "preview");
            await refuses(tooLarge, ...up);
            assert.equal(await weightOf(), 25);
        });

        it("several services that are moved at once", async () => {
            const product = (v2: number): Made[] => serviceObjects("product", { weights: { v1: 100 - v2, v2 } });
            await apply([...review(25), ...product(0)]);
            propose([...review(45), ...product(20)]);
            const together = /together a raise of 40 points; at most 25 a step/;
            await refuses(together, "preview");
            await refuses(together, ...up);
        });

        it("a subset of the same name on another Service, an image under a version that serves, a system that is left out", async () => {
            const other = serviceObjects("other", { weights: { v1: 100 } });
            await apply([...review(25), ...other]);
            const moved = virtualService("review", { v1: 75, v2: 25 });
            const text = JSON.stringify(moved.spec).replaceAll('"host":"review"', '"host":"other"');
            propose([...reviewAs({ ...moved, spec: JSON.parse(text) as Made["spec"] }), ...other]);
            await refuses(/0 → 75 is a raise of 75 points/, "preview");
            propose(
                JSON.parse(JSON.stringify([...review(25), ...other]).replaceAll("review:v1", "review:v9")) as Made[],
            );
            await refuses(/review: v1 gets new code under 75 % of the requests/, "preview");
            await refuses(/review: v1 gets new code under 75 % of the requests/, ...up);
            propose(review(25));
            await refuses(/other: its pods still serve 100 % of its users, and it is taken away/, "preview");
            await project.succeed("config", "set", "--path", "remove[0]", "other");
            await accepts("preview");
            await project.succeed("config", "rm", "remove");
        });

        it("a removal that is the only change", async () => {
            const removal = /review: v2 serves 25 %, and Deployment review-v2 is removed/;
            const remaining = review(25).filter(({ name }) => !name.startsWith("review-v2"));
            propose(remaining);
            await refuses(removal, "preview");
            await refuses(removal, ...up);
            await cluster.request("GET", "/apis/apps/v1/namespaces/shop/deployments/review-v2");
        });
    });

    describe("where the applied state can't be read", () => {
        beforeEach(() => apply(review(25)));
        afterEach(() => fs.rmSync(path.join(tools, "pulumi"), { force: true }));

        /** Gives the pack a `pulumi` that does this instead of an export. */
        const instead = (script: string): void =>
            fs.writeFileSync(path.join(tools, "pulumi"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

        it("refuses even a small step when the backend does not answer", async () => {
            instead("echo 'error: could not reach the backend' >&2; exit 255");
            propose(review(30));
            await refuses(
                /review: what is applied could not be read, and a step from nowhere can't be judged: could not reach the backend/,
                "preview",
            );
        });

        it("needs no passphrase for it: routes are no secret", async () => {
            instead(`unset PULUMI_CONFIG_PASSPHRASE; exec ${quote(toolPath("pulumi"))} "$@"`);
            propose(review(30));
            await accepts("preview");
            propose(review(90));
            await refuses(/review: v2 25 → 90 is a raise of 65 points/, "preview");
        });
    });

    it("judges a state as it is, by `pulumi policy analyze`", async () => {
        await apply(review(25));
        const { code, output } = await project.pulumi("policy", "analyze", "--policy-pack", pack, "--stack", "dev");
        assert.equal(code, 0, output);
        await apply(reviewAs(virtualService("review", { v1: 50, v2: 60 })));
        const analyzed = await project.pulumi("policy", "analyze", "--policy-pack", pack, "--stack", "dev");
        assert.notEqual(analyzed.code, 0);
        assert.match(analyzed.output, /v1 50 \+ v2 60 = 110, and weights must sum to 100/);
    });
});

const routesPath = "/apis/networking.istio.io/v1/namespaces/shop/virtualservices";
