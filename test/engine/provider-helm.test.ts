import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import { resourceLabel, resourceMark } from "../../plugins/kubernetes/helm";
import { at } from "../../plugins/kubernetes/objects";
import type { Properties } from "../../plugins/kubernetes/values";
import { startCluster, until, type TestCluster } from "../support/apiserver";
import { writeChart } from "../support/chart";
import { TestProvider } from "../support/provider";
import { Stack, urnOf } from "../support/stack";

const releaseType = "kubernetes:helm.sh/v3:Release";
const run = promisify(execFile);

describe("the kubernetes provider and Helm releases", function () {
    this.timeout(600_000);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "helm-test-"));
    const chart = path.join(folder, "greeting");
    let cluster: TestCluster;
    let provider: TestProvider;
    let stack: Stack;

    before(async () => {
        process.env.UPSHIFT_HELM ??= toolPath("helm");
        writeChart(chart, "1.2.3");
        cluster = await startCluster();
        provider = await TestProvider.start({ kubeconfig: cluster.kubeconfig });
        stack = new Stack(provider);
    });

    after(async () => {
        provider?.stop();
        await cluster?.stop();
        fs.rmSync(folder, { recursive: true });
    });

    const release = (name: string, text: string): Properties => ({
        chart,
        name,
        namespace: "default",
        values: { text },
        timeout: 20,
    });
    const textOf = async (name: string): Promise<unknown> =>
        at(await cluster.request("GET", `/api/v1/namespaces/default/configmaps/${name}-greeting`), "data", "text");
    const helm = (...args: string[]): Promise<{ stdout: string }> =>
        run(process.env.UPSHIFT_HELM ?? "helm", [...args, "--kubeconfig", cluster.kubeconfig]);

    it("install a chart, with its version in the inputs and its objects in the state", async () => {
        const made = await stack.create(releaseType, "hello", release("hello", "good day"));
        assert.equal(made.id, "default/hello");
        assert.equal(made.inputs.version, "1.2.3");
        assert.deepEqual(made.state.status, {
            appVersion: "7",
            chart: "greeting",
            name: "hello",
            namespace: "default",
            revision: 1,
            status: "deployed",
            version: "1.2.3",
        });
        assert.deepEqual(made.state.resourceNames, { "ConfigMap/v1": ["hello-greeting"] });
        assert.equal(await textOf("hello"), "good day");
    });

    it("change nothing in a preview, and know only the inputs", async () => {
        const previewed = await stack.create(releaseType, "planned", release("planned", "later"), { preview: true });
        assert.equal(previewed.id, "");
        assert.equal(previewed.state.status, "04da6b54-80e4-46f7-96ec-b56ff0331ba9");
        assert.doesNotMatch((await helm("list", "--all")).stdout, /planned/);
    });

    it("are upgraded when values or the chart change, and show which", async () => {
        const made = await stack.create(releaseType, "moving", release("moving", "one"));
        const difference = await stack.diff(releaseType, "moving", made, release("moving", "two"));
        assert.deepEqual(
            [difference.detailedDiff, difference.diffs],
            [{ "values.text": { kind: "UPDATE" } }, ["values"]],
        );
        const updated = await stack.update(releaseType, "moving", made, release("moving", "two"));
        assert.equal(at(updated.state, "status", "revision"), 2);
        assert.equal(await textOf("moving"), "two");
        writeChart(chart, "1.2.4");
        assert.deepEqual((await stack.diff(releaseType, "moving", updated, release("moving", "two"))).detailedDiff, {
            version: { kind: "UPDATE" },
        });
        assert.deepEqual(
            (await stack.diff(releaseType, "moving", updated, { ...release("moved", "two"), version: "1.2.3" }))
                .replaces,
            ["name"],
        );
    });

    it("are read, imported and uninstalled", async () => {
        const made = await stack.create(releaseType, "passing", release("passing", "x"));
        assert.deepEqual((await stack.refresh(releaseType, "passing", made)).state, made.state);
        assert.deepEqual(at((await stack.import(releaseType, "passing", "default/passing")).inputs, "values"), {
            text: "x",
        });
        await stack.delete(releaseType, "passing", made);
        assert.equal((await stack.refresh(releaseType, "passing", made)).id, "");
    });

    it("may be gone when they are to be uninstalled", async () => {
        const made = await stack.create(releaseType, "early", release("early", "x"));
        await helm("uninstall", "early");
        await stack.delete(releaseType, "early", made);
    });

    describe("as helm keeps them", () => {
        const variables = { UPSHIFT_HELM: process.env.UPSHIFT_HELM, HELM_DRIVER: process.env.HELM_DRIVER };
        const set = (name: keyof typeof variables, value: string | undefined): void => {
            if (value === undefined) delete process.env[name];
            else process.env[name] = value;
        };
        before(() => (variables.UPSHIFT_HELM = process.env.UPSHIFT_HELM));
        afterEach(() =>
            Object.entries(variables).forEach(([name, value]) => set(name as keyof typeof variables, value)),
        );

        it("are read without helm, the last of many revisions", async () => {
            let kept = await stack.create(releaseType, "many", release("many", "1"));
            for (let revision = 2; revision <= 11; revision++)
                kept = await stack.update(releaseType, "many", kept, release("many", String(revision)));
            set("UPSHIFT_HELM", "/no/helm");
            const { state } = await stack.refresh(releaseType, "many", kept);
            assert.deepEqual([at(state, "status", "revision"), at(state, "values", "text")], [11, "11"]);
            assert.deepEqual(state, kept.state);
        });

        it("are read where HELM_DRIVER keeps them in ConfigMaps, and it is said where they can't be read", async () => {
            set("HELM_DRIVER", "configmap");
            const made = await stack.create(releaseType, "mapped", release("mapped", "x"));
            const name = "/api/v1/namespaces/default/configmaps/sh.helm.release.v1.mapped.v1";
            assert.equal(at(await cluster.request("GET", name), "metadata", "labels", "owner"), "helm");
            assert.deepEqual((await stack.refresh(releaseType, "mapped", made)).state, made.state);
            set("HELM_DRIVER", "sql");
            await assert.rejects(stack.refresh(releaseType, "mapped", made), /HELM_DRIVER=sql/);
        });

        it("are kept and read where helmReleaseSettings say", async () => {
            const settings = { kubeconfig: cluster.kubeconfig, helmReleaseSettings: { driver: "configmap" } };
            const told = await TestProvider.start(settings);
            try {
                const other = new Stack(told);
                const made = await other.create(releaseType, "told", release("told", "x"));
                const name = "/api/v1/namespaces/default/configmaps/sh.helm.release.v1.told.v1";
                assert.equal(at(await cluster.request("GET", name), "metadata", "labels", "owner"), "helm");
                assert.deepEqual((await other.refresh(releaseType, "told", made)).state, made.state);
            } finally {
                told.stop();
            }
        });
    });

    it("keep secret values secret", async () => {
        const signed = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hunter2" };
        const made = await stack.create(releaseType, "quiet", { ...release("quiet", ""), values: { text: signed } });
        assert.deepEqual(at(made.state, "values", "text"), signed);
        assert.equal(await textOf("quiet"), "hunter2");
    });

    it("say what helm says when it fails", async () => {
        await assert.rejects(
            stack.create(releaseType, "bad", { ...release("bad", "x"), values: { fail: true } }),
            /this chart fails when asked to/,
        );
        const { failures } = await provider.check({
            urn: `urn:pulumi:dev::test::${releaseType}::x`,
            type: releaseType,
            name: "x",
            news: { chart: path.join(folder, "none") },
            olds: {},
            randomSeed: "eA==",
        });
        assert.match(JSON.stringify(failures), /none.*check the chart name and repository configuration/);
        await assert.rejects(
            stack.create(releaseType, "hello", release("hello", "again")),
            /There is a release hello in default already.*pulumi import/,
        );
    });

    it("are installed anew when a killed run has left them half done", async () => {
        const slow = run(process.env.UPSHIFT_HELM ?? "helm", [
            "install",
            "halfway",
            chart,
            "--set",
            "slow=true",
            "--wait",
            "--labels",
            `${resourceLabel}=${resourceMark(urnOf(releaseType, "halfway"))}`,
            "--kubeconfig",
            cluster.kubeconfig,
        ]);
        await until("helm has begun", 10_000, async () =>
            /pending-install/.test((await helm("list", "--all", "--output", "json")).stdout),
        );
        slow.child.kill("SIGKILL");
        await assert.rejects(slow);
        const made = await stack.create(releaseType, "halfway", release("halfway", "done"));
        assert.equal(at(made.state, "status", "status"), "deployed");
    });

    it("end helm when the provider ends, so that nothing goes on behind the next update's back, nor is its kubeconfig left", async () => {
        const [program, pidFile] = [path.join(folder, "slow-helm"), path.join(folder, "pid")];
        const temporary = fs.mkdtempSync(path.join(folder, "tmp-"));
        fs.writeFileSync(program, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 60\n`, { mode: 0o755 });
        const source = `const { Helm } = require("./plugins/kubernetes/helm/program.ts");
            const config = { kubeconfig: '{"users": [{"user": {"token": "admin"}}]}' };
            void new Helm(config, new AbortController().signal).run(["install"]).catch(() => undefined);
            process.stdin.on("end", () => process.exit(0)).resume();`;
        const provider = run(process.execPath, ["--import", "tsx", "--eval", source], {
            cwd: projectRoot(),
            env: { ...process.env, UPSHIFT_HELM: program, TMPDIR: temporary },
        });
        await until("helm has begun", 20_000, async () => fs.existsSync(pidFile) && fs.statSync(pidFile).size > 0);
        const kubeconfigs = (): string[] => fs.readdirSync(temporary).filter((name) => name.startsWith("helm-"));
        assert.equal(kubeconfigs().length, 1);
        provider.child.stdin?.end();
        await provider;
        const pid = Number(fs.readFileSync(pidFile, "utf8"));
        await until("helm has ended", 5_000, async () => !isRunning(pid));
        assert.deepEqual(kubeconfigs(), []);
    });
});

function isRunning(pid: number): boolean {
    try {
        return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
        return false;
    }
}
