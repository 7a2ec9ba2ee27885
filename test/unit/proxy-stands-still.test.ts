import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { KubeConfig } from "@kubernetes/client-node";
import { waitForRoutes } from "../../components/mesh/convergence";
import { ProxyAdmin } from "../../components/mesh/proxies/admin";

const caller = {
    metadata: { name: "web-1", namespace: "shop", uid: "1" },
    status: { containerStatuses: [{ name: "istio-proxy", ready: true, state: { running: {} } }] },
};

/** By an API server that lists pods, and whose port-forwards are opened by nobody: as where a node is gone, or a proxy frozen. */
describe("a caller's proxy that stands still", () => {
    let server: http.Server;
    let kubeconfig: string;
    let forwards: Duplex[];
    before(async () => {
        server = http
            .createServer((request, response) => {
                const isList = request.url?.startsWith("/api/v1/pods") ?? false;
                response.setHeader("content-type", "application/json");
                response.end(JSON.stringify(isList ? { items: [caller] } : caller));
            })
            .on("upgrade", (_request, socket: Duplex) => {
                socket.on("error", () => undefined);
                forwards.push(socket);
            })
            .listen(0, "127.0.0.1");
        await once(server, "listening");
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        kubeconfig = JSON.stringify({
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
            users: [{ name: "u", user: {} }],
            contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
            "current-context": "x",
        });
    });
    beforeEach(() => (forwards = []));
    afterEach(() => forwards.forEach((one) => one.destroy()));
    after(() => {
        server.closeAllConnections();
        server.close();
    });

    it("is no answer after its time, and is asked anew by another connection", async () => {
        const config = new KubeConfig();
        config.loadFromString(kubeconfig);
        const admin = new ProxyAdmin(config, { namespace: "shop", pod: "web-1" }, 300);
        try {
            for (const times of [1, 2]) {
                await assert.rejects(admin.get("/stats"), /no answer in 0\.3 s/);
                assert.equal(forwards.length, times);
            }
        } finally {
            admin.close();
        }
    });
    it("is waited for no longer than an update waits, and named", async () => {
        const routes = {
            metadata: { name: "web", namespace: "shop" },
            spec: { hosts: ["web"], http: [{ route: [{ destination: { host: "web" } }] }] },
        };
        await assert.rejects(
            waitForRoutes({ kubeconfig, context: "x", timeoutSeconds: 0.5 }, routes),
            /1 of 1 proxies do not know the routes of web\.shop\.svc\.cluster\.local after 0\.5 s:\n {2}web-1\.shop does not answer: no answer/,
        );
    });
});
