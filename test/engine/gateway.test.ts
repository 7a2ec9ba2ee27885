import * as assert from "node:assert/strict";
import type { Properties } from "../../plugins/kubernetes/values";
import { gatewayOf } from "../../systems/play/gateway";
import { startCluster, type TestCluster } from "../support/apiserver";

const services = "/api/v1/namespaces/istio-ingress/services";
const service = `${services}/istio-ingressgateway`;
const merge = { contentType: "application/merge-patch+json" };

describe("where a gateway answers, by its Service", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    const found = () => gatewayOf(cluster.kubeconfig, "test");
    const expose = (type: string, ports: Properties[]): Promise<Properties> =>
        cluster.request("POST", services, {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "istio-ingressgateway" },
            spec: { type, ports, selector: { istio: "ingressgateway" } },
        });
    const status = (path: string, body: Properties): Promise<Properties> =>
        cluster.request("PATCH", `${path}/status`, { status: body }, merge);

    before(async () => {
        cluster = await startCluster();
        const metadata = { name: "istio-ingress" };
        await cluster.request("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
    });
    after(() => cluster?.stop());

    it("is not known while there is none", async () => {
        assert.deepEqual(await found(), {});
    });

    it("is the load balancer's address or name, once it has one", async () => {
        await expose("LoadBalancer", [
            { name: "http2", port: 80 },
            { name: "https", port: 443 },
        ]);
        assert.deepEqual(await found(), {});
        await status(service, { loadBalancer: { ingress: [{ ip: "203.0.113.10" }] } });
        assert.deepEqual(await found(), { gatewayAddress: "203.0.113.10:443", httpAddress: "203.0.113.10:80" });
        await status(service, { loadBalancer: { ingress: [{ hostname: "lb.example.com" }] } });
        assert.deepEqual(await found(), { gatewayAddress: "lb.example.com:443", httpAddress: "lb.example.com:80" });
        await cluster.request("DELETE", service);
    });

    it("is a node's address with the node port, one that is reached from outside first", async () => {
        await expose("NodePort", [
            { name: "http2", port: 80, nodePort: 30080 },
            { name: "https", port: 443, nodePort: 30443 },
        ]);
        assert.deepEqual(await found(), { gatewayAddress: undefined, httpAddress: undefined });
        const metadata = { name: "node-1" };
        await cluster.request("POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata });
        const internal = { type: "InternalIP", address: "10.0.0.7" };
        await status("/api/v1/nodes/node-1", { addresses: [internal] });
        assert.deepEqual(await found(), { gatewayAddress: "10.0.0.7:30443", httpAddress: "10.0.0.7:30080" });
        await status("/api/v1/nodes/node-1", { addresses: [internal, { type: "ExternalIP", address: "203.0.113.7" }] });
        assert.equal((await found()).gatewayAddress, "203.0.113.7:30443");
    });

    it("is not known where the cluster does not answer", async () => {
        assert.deepEqual(await gatewayOf(cluster.kubeconfig, "no-such-context"), {});
    });
});
