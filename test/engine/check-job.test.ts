import * as assert from "node:assert/strict";
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { once } from "node:events";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { selfSigned } from "../../components/mesh/certificate";
import type { Properties } from "../../plugins/kubernetes/values";
import type { About, Answer } from "../../rollout/gate/checks/check";
import { JobCheck } from "../../rollout/gate/checks/job";
import { jobManifest, jobName } from "../../rollout/gate/checks/jobManifest";
import { startCluster, until, type TestCluster } from "../support/apiserver";

const at = (step: string): About => ({
    service: "review",
    namespace: "default",
    stack: "dev",
    to: "v2",
    stable: "v1",
    step,
    weights: { v1: 75, v2: 25 },
});
const manifest = jobManifest(
    {
        manifest: {
            apiVersion: "batch/v1",
            kind: "Job",
            spec: {
                backoffLimit: 0,
                template: { spec: { restartPolicy: "Never", containers: [{ name: "k6", image: "k6:1" }] } },
            },
        },
    },
    "release.review.checks[0].job",
    ".",
);

/** On a real API server with its own Job controller; the test is the node: it says how pods end, and has their logs. */
describe("a Job as a check of a step", function () {
    this.timeout(300_000);
    let cluster: TestCluster;
    let kubelet: https.Server;
    let log = "";

    before(async () => {
        cluster = await startCluster();
        const { public: cert, private: key } = await selfSigned(["node"]);
        kubelet = https.createServer({ cert, key }, (_, response) => response.end(log)).listen(0, "127.0.0.1");
        await once(kubelet, "listening");
        const Port = (kubelet.address() as AddressInfo).port;
        await cluster.request("POST", "/api/v1/nodes", { metadata: { name: "node" } });
        const status = {
            addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
            daemonEndpoints: { kubeletEndpoint: { Port } },
        };
        await merge("/api/v1/nodes/node/status", { status });
    });
    after(async () => {
        kubelet?.close().closeAllConnections();
        await cluster?.stop();
    });

    const merge = (place: string, body: Properties): Promise<Properties> =>
        cluster.request("PATCH", place, body, { contentType: "application/merge-patch+json" });
    const driver = (more: { isAnew?: boolean; timeoutSeconds?: number; kubeconfig?: string } = {}): JobCheck =>
        new JobCheck({
            check: "smoke",
            manifest,
            timeoutSeconds: more.timeoutSeconds ?? 600,
            access: () => Promise.resolve({ kubeconfig: more.kubeconfig ?? cluster.kubeconfig }),
            isAnew: more.isAnew ?? false,
        });
    const job = async (step: string): Promise<V1Job> => {
        const place = `/apis/batch/v1/namespaces/default/jobs/${jobName(manifest, "smoke", at(step))}`;
        return await cluster.request("GET", place);
    };
    const uidOf = async (step: string): Promise<string> => (await job(step)).metadata?.uid ?? "";
    const podOf = (step: string): Promise<string> =>
        until("the Job has a pod", 30_000, async () => {
            const selector = encodeURIComponent(`job-name=${jobName(manifest, "smoke", at(step))}`);
            const { items } = await cluster.request("GET", `/api/v1/namespaces/default/pods?labelSelector=${selector}`);
            return (items as unknown as V1Pod[])[0]?.metadata?.name;
        });
    /** What a node does with a pod: runs it, and says how it ended. */
    const ends = async (step: string, exitCode: number): Promise<void> => {
        const name = await podOf(step);
        const pod = `/api/v1/namespaces/default/pods/${name}`;
        const target = { apiVersion: "v1", kind: "Node", name: "node" };
        await cluster.request("POST", `${pod}/binding`, { metadata: { name }, target });
        const terminated = { exitCode, reason: exitCode === 0 ? "Completed" : "Error" };
        const container = { name: "k6", image: "k6:1", imageID: "", ready: false, restartCount: 0 };
        await merge(`${pod}/status`, {
            status: {
                phase: exitCode === 0 ? "Succeeded" : "Failed",
                containerStatuses: [{ ...container, state: { terminated } }],
            },
        });
    };
    const answer = (check: JobCheck, step: string, verdict: Answer["verdict"]): Promise<Answer> =>
        until(`the check of ${step} says ${verdict}`, 60_000, async () => {
            const said = await check.ask(at(step));
            return said.verdict === verdict && said;
        });

    it("is made in the service's namespace, runs for as long as it takes, and passes when it is complete", async () => {
        const check = driver();
        assert.equal((await check.ask(at("10"))).verdict, "inconclusive");
        const made = await job("10");
        assert.equal(made.spec?.ttlSecondsAfterFinished, 3600);
        await podOf("10");
        assert.match((await check.ask(at("10"))).evidence, /runs$/);
        await ends("10", 0);
        assert.match((await answer(check, "10", "pass")).evidence, /is complete$/);
    });
    it("is found by a driver that is started anew, and taken away once the step is passed", async () => {
        const uid = await uidOf("10");
        const check = driver();
        assert.equal((await check.ask(at("10"))).verdict, "pass");
        assert.equal(await uidOf("10"), uid);
        await check.passed(at("10"));
        await until("the Job is gone", 30_000, () =>
            job("10").then(
                () => false,
                () => true,
            ),
        );
        await check.passed(at("10"));
    });
    it("fails with the last lines of its pod's log, and stays to be looked at", async () => {
        const check = driver();
        await check.ask(at("25"));
        log = "checks 10\nhttp_req_failed 12 %\nthresholds crossed\n";
        await ends("25", 1);
        const { evidence } = await answer(check, "25", "fail");
        assert.match(evidence, /^smoke-review-v2-25-\w+: .+\nchecks 10\nhttp_req_failed 12 %\nthresholds crossed$/);
        await job("25");
    });
    it("that failed under an earlier driver is made anew, because somebody has started it again", async () => {
        const uid = await uidOf("25");
        const check = driver();
        assert.match((await check.ask(at("25"))).evidence, /made anew|being deleted/);
        await until("another Job is there", 60_000, async () => {
            await check.ask(at("25"));
            return (await uidOf("25").catch(() => uid)) !== uid;
        });
        await ends("25", 0);
        await answer(check, "25", "pass");
    });
    it("of a release that was aborted does not count where the version starts again", async () => {
        const uid = await uidOf("25");
        const check = driver({ isAnew: true });
        assert.equal((await check.ask(at("25"))).verdict, "inconclusive");
        await until("another Job is there", 60_000, async () => {
            await check.ask(at("25"));
            return (await uidOf("25").catch(() => uid)) !== uid;
        });
    });
    it("that takes too long is ended by the cluster, and says nothing of the version", async () => {
        const check = driver({ timeoutSeconds: 1 });
        await check.ask(at("50"));
        const said = await until("the Job is over its time", 60_000, async () => {
            const { verdict, evidence } = await check.ask(at("50"));
            assert.equal(verdict, "inconclusive");
            return /active longer than specified deadline/.test(evidence) && evidence;
        });
        assert.match(said, /^smoke-review-v2-50-/);
    });
    it("can't be asked where the namespace is not there, or the cluster does not answer, and says so in a line", async () => {
        const nowhere = { ...at("10"), namespace: "nowhere" };
        await assert.rejects(driver().ask(nowhere), {
            message: 'the Job of smoke can\'t be asked: namespaces "nowhere" not found',
        });
        const kubeconfig = JSON.stringify({
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name: "gone", cluster: { server: "https://127.0.0.1:1" } }],
            contexts: [{ name: "gone", context: { cluster: "gone", user: "" } }],
            "current-context": "gone",
        });
        await assert.rejects(
            driver({ kubeconfig }).ask(at("10")),
            /^Error: the Job of smoke can't be asked: .*ECONNREFUSED/,
        );
    });
});
