import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { toolPath } from "../../cluster/tools/tools";
import { startCluster, type TestCluster } from "../support/apiserver";
import { writeChart } from "../support/chart";
import { TestProvider } from "../support/provider";
import { type ProviderProcess, startProcess } from "../support/providerProcess";
import { Stack } from "../support/stack";

/** What it leaves to whoever comes after it. */
describe("the kubernetes provider as a process", function () {
    this.timeout(600_000);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "provider-process-"));
    let provider: ProviderProcess | undefined;

    afterEach(() => {
        provider?.process.kill("SIGKILL");
        provider?.endEngine();
    });
    after(() => fs.rmSync(folder, { recursive: true }));

    it("ends with its engine, however that ends", async () => {
        provider = await startProcess();
        const { process } = provider;
        provider.endEngine();
        await Promise.race([once(process, "exit"), delay(20_000)]);
        assert.notEqual(process.exitCode, null, "it goes on without an engine");
    });

    describe("with a cluster", () => {
        let cluster: TestCluster;
        before(async () => {
            process.env.UPSHIFT_HELM ??= toolPath("helm");
            cluster = await startCluster();
        });
        after(() => cluster?.stop());

        it("leaves no credentials in the temporary folder, also where it was given a kubeconfig as text", async () => {
            const temporary = fs.mkdtempSync(path.join(folder, "tmp-"));
            const kubeconfig = fs.readFileSync(cluster.kubeconfig, "utf8");
            const started = await startProcess({ TMPDIR: temporary });
            provider = started;
            const client = await TestProvider.at(started.address, () => started.process.kill("SIGTERM"), {
                kubeconfig,
            });
            const chart = path.join(folder, "greeting");
            writeChart(chart, "1.0.0");
            const news = { chart, name: "left", namespace: "default", values: { text: "x" }, timeout: 60 };
            await new Stack(client).create("kubernetes:helm.sh/v3:Release", "left", news);
            const ended = once(started.process, "exit");
            client.stop();
            await ended;
            const files = fs.readdirSync(temporary, { recursive: true, encoding: "utf8" });
            const readable = files
                .map((name) => path.join(temporary, name))
                .filter((file) => fs.statSync(file).isFile());
            const left = readable.filter((file) => /token|client-key/.test(fs.readFileSync(file, "utf8")));
            assert.deepEqual(left, []);
        });
    });
});
