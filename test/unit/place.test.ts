import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gatewayValues } from "../../cluster/charts";
import { placeOf } from "../../cluster/choose";
import { contextPlace } from "../../cluster/context/place";
import { k3dPlace } from "../../cluster/k3d/place";
import { minikubePlace } from "../../cluster/minikube/place";
import type { Place } from "../../cluster/place";
import { forget, type RecordedTarget, writeRecord } from "../../cluster/record";
import { readSettings, type Settings } from "../../systems/config/read";

const cluster = "place-unit-test";
const settingsOf = (config: Record<string, string>): Settings => {
    const { settings, problems } = readSettings({ cluster, ...config });
    assert.ok(settings, JSON.stringify(problems));
    return settings;
};
const serviceOf = ({ gatewayValues: values }: Place) =>
    values.service as { type: string; ports?: { name: string; nodePort?: number }[] };

describe("where a stack runs, as its program sees it", () => {
    /** As `up` leaves it. */
    const isThere = (target: RecordedTarget): void =>
        writeRecord(target, cluster, {
            gatewayAddress: "127.0.0.1:9443",
            httpAddress: "127.0.0.1:8080",
            images: {},
            made: "today",
        });
    afterEach(() => (["k3d", "minikube"] as const).forEach((target) => forget(target, cluster)));

    it("on k3d: the gateway is a LoadBalancer behind localhost:9443 and 8080, and Istio knows the platform", () => {
        isThere("k3d");
        const place = k3dPlace(cluster, {});
        assert.deepEqual(serviceOf(place), { type: "LoadBalancer" });
        assert.deepEqual([place.gatewayAddress, place.httpAddress], ["127.0.0.1:9443", "127.0.0.1:8080"]);
        assert.deepEqual(place.istiodValues, { global: { platform: "k3d" } });
        assert.equal(place.context, `k3d-${cluster}`);
        assert.equal(place.adopted, false);
    });

    it("on minikube: the gateway is a NodePort with ports that are known beforehand, and Istio knows the platform", () => {
        isThere("minikube");
        const place = minikubePlace(cluster, {});
        const { type, ports = [] } = serviceOf(place);
        assert.equal(type, "NodePort");
        assert.deepEqual(
            ports.map(({ name, nodePort }) => [name, nodePort]),
            [
                ["status-port", undefined],
                ["http2", 30080],
                ["https", 30443],
            ],
        );
        assert.deepEqual(place.istiodValues, { global: { platform: "minikube" } });
        assert.equal(place.context, cluster);
    });

    it("takes Istio from its own repository at the release that was tested, or from where the config says", () => {
        isThere("k3d");
        const source = { repository: "https://istio-release.storage.googleapis.com/charts", version: "1.31.1" };
        assert.deepEqual(placeOf(settingsOf({ target: "k3d" }), "upshift.dev").charts, {
            base: { chart: "base", ...source },
            istiod: { chart: "istiod", ...source },
            gateway: { chart: "gateway", ...source },
        });
        const own = settingsOf({
            target: "k3d",
            istio: '{"repository": "https://charts.example.com", "version": "1.31.4"}',
        });
        assert.deepEqual(placeOf(own, "upshift.dev").charts.istiod, {
            chart: "istiod",
            repository: "https://charts.example.com",
            version: "1.31.4",
        });
    });

    it("pulls no image of a name that only injection knows", () => {
        for (const type of ["LoadBalancer", "NodePort"] as const)
            assert.equal(gatewayValues(type).imagePullPolicy, "IfNotPresent");
    });

    it("is, for target auto, where this checkout's cluster is, and nowhere else", () => {
        const auto = settingsOf({ target: "auto" });
        assert.throws(
            () => placeOf(auto, "upshift.dev"),
            /is nowhere yet\.\n {2}fix: npm start, or npx upshift cluster up/,
        );
        isThere("minikube");
        assert.equal(placeOf(auto, "upshift.dev").context, cluster);
        isThere("k3d");
        assert.throws(
            () => placeOf(auto, "upshift.dev"),
            /on several targets \(k3d, minikube\)\.\n {2}fix: pulumi config set target k3d/,
        );
    });

    it("is refused where no cluster was brought up", () => {
        for (const target of ["k3d", "minikube"])
            assert.throws(
                () => placeOf(settingsOf({ target }), "upshift.dev"),
                new RegExp(
                    `cluster ${cluster} is not there\\.\\n {2}fix: npx upshift cluster up --target ${target} --name ${cluster}`,
                ),
            );
    });

    it("is refused in a context that does not exist, or does not answer, before anything is changed", function () {
        this.timeout(180_000);
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "place-"));
        const kubeconfig = path.join(folder, "config");
        fs.writeFileSync(kubeconfig, deadCluster);
        const place = (context: string): Place =>
            contextPlace({ context, kubeconfig, istio: {}, gateway: {}, stack: "upshift.prod" });
        try {
            assert.throws(
                () => place("produktion"),
                /There is no context produktion: .* has nowhere\.\n {2}fix: pulumi config set context NAME/,
            );
            assert.throws(
                () => place("nowhere"),
                /The API server https:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/,
            );
        } finally {
            fs.rmSync(folder, { recursive: true });
        }
    });
});

/** A cluster that was taken down and is still in the user's kubeconfig. */
const deadCluster = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "dead", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "me", user: { token: "x" } }],
    contexts: [{ name: "nowhere", context: { cluster: "dead", user: "me" } }],
});
