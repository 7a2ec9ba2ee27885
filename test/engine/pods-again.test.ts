import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { k3dTarget } from "../../cluster/k3d/target";
import { ownMark } from "../../cluster/ownership";
import { forget, kubeconfigOf } from "../../cluster/record";
import type { Progress } from "../../cluster/target";
import { call } from "../../systems/play/edge";
import { startCluster, type TestCluster } from "../support/apiserver";
import { recorded, standIns, type StandIns } from "../support/standIns";

const name = "pods-again-test";
const pods = "/api/v1/namespaces/istio-ingress/pods";
const listed = recorded("k3d-cluster-list.json").replaceAll('"name": "upshift"', `"name": "${name}"`);
const stopped = listed.replace('"serversRunning": 1', '"serversRunning": 0');

/** A real API server with one pod, whose kubelet is this test; only k3d, which would stop and start it, is a stand-in. */
describe("a k3d cluster that is stopped and started", function () {
    this.timeout(300_000);
    let cluster: TestCluster;
    let programs: StandIns;
    const target = k3dTarget({ cluster: name });

    before(async () => {
        cluster = await startCluster();
        await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: "istio-ingress" } });
        await cluster.request("POST", pods, {
            metadata: { name: "gateway" },
            spec: { containers: [{ name: "istio-proxy", image: "none" }] },
        });
        const text = fs.readFileSync(cluster.kubeconfig, "utf8").replaceAll('"test"', `"k3d-${name}"`);
        programs = standIns({
            docker: { version: { stdout: "28.2.2\n" }, "ps --all": { stdout: `${ownMark()}\n` } },
            k3d: {
                version: { stdout: "k3d version v5.8.3\n" },
                "cluster list": { stdout: listed },
                "kubeconfig get": { stdout: text },
                "cluster start": {},
                "cluster stop": {},
            },
        });
    });
    after(async () => {
        programs?.remove();
        forget("k3d", name);
        await cluster?.stop();
    });

    /** As the kubelet reports it. */
    const report = async (isReady: boolean, state: object): Promise<void> => {
        const status = {
            phase: "Running",
            conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
            containerStatuses: [
                { name: "istio-proxy", ready: isReady, restartCount: 0, image: "none", imageID: "", state },
            ],
        };
        const options = { contentType: "application/merge-patch+json" };
        await cluster.request("PATCH", `${pods}/gateway/status`, { status } as never, options);
    };
    const running = (since: Date) => ({ running: { startedAt: since.toISOString().replace(/\.\d+/, "") } });

    it("waits for the pods that were ready before, as the embedded one does", async () => {
        await target.up(() => undefined);
        await report(true, running(new Date(Date.now() - 3_600_000)));
        assert.equal(await target.down({}, () => undefined), true);
        programs.says("k3d", "cluster list", { stdout: stopped });
        const said: Progress[] = [];
        let reported: Promise<void> | undefined;
        await target.up((progress) => {
            said.push(progress);
            if (progress.kind === "begun" && progress.title === "1 pods that were there")
                reported = report(true, running(new Date(Date.now() + 1000)));
        });
        await (reported ?? assert.fail(`nobody waited: ${JSON.stringify(said)}`));
        assert.match(JSON.stringify(said.at(-1)), /"done","title":"1 pods that were there"/);
    });

    describe("and whose gateway does not answer", () => {
        const edge = () => ({
            scheme: "http" as const,
            host: "shop.test",
            // Port 1 is a service of old that nobody runs.
            address: "127.0.0.1:1",
            cluster: { kubeconfig: kubeconfigOf("k3d", name), context: `k3d-${name}` },
        });
        const refused = (): Promise<string> =>
            call(edge(), "/").then(
                () => assert.fail("it answered"),
                (error: Error) => error.message,
            );

        it("is told by the pod that is not ready, and why, with the command that shows more", async () => {
            await report(false, { waiting: { reason: "CrashLoopBackOff" } });
            assert.match(
                await refused(),
                /ECONNREFUSED[^]*istio-ingress\/gateway: container istio-proxy waits \(CrashLoopBackOff\)\n {2}fix: .*kubectl --kubeconfig \S+ --context k3d-pods-again-test describe pod --namespace istio-ingress gateway$/,
            );
        });
        it("is told by the cluster that has none", async () => {
            await cluster.request("DELETE", `${pods}/gateway?gracePeriodSeconds=0`);
            assert.match(await refused(), /no pod of a gateway \(namespace istio-ingress\)\.\n {2}fix: pulumi up$/);
        });
        it("is told by the API server that does not answer, with the command that starts it", async () => {
            await cluster.stop();
            assert.match(
                await refused(),
                /Its cluster does not answer either: .*\n {2}fix: npx upshift cluster up --name pods-again-test --target k3d$/,
            );
        });
    });
});
