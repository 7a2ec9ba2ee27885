import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { ApiError, pathTo } from "../../components/mesh/api";
import { apiOf } from "../../components/mesh/client";

/** What a server was asked, and by which of its connections. */
interface Asked {
    readonly method: string | undefined;
    readonly url: string | undefined;
    readonly authorization: string | undefined;
    readonly connection: number;
}

describe("an API server that is asked by its paths", () => {
    let asked: Asked[];
    let connections: number;
    let answer: (request: http.IncomingMessage, response: http.ServerResponse) => void;
    let server: http.Server;

    beforeEach((done) => {
        [asked, connections] = [[], 0];
        answer = (_, response) => response.end(JSON.stringify({ items: [] }));
        const numbers = new WeakMap<object, number>();
        server = http.createServer((request, response) => {
            const { method, url, headers, socket } = request;
            asked.push({ method, url, authorization: headers.authorization, connection: numbers.get(socket) ?? 0 });
            answer(request, response);
        });
        server.on("connection", (socket) => numbers.set(socket, ++connections));
        server.listen(0, "127.0.0.1", done);
    });
    afterEach((done) => {
        server.close(done);
        server.closeAllConnections();
    });

    function api(user: object = { token: "secret" }): ReturnType<typeof apiOf> {
        const { port } = server.address() as AddressInfo;
        const cluster = { server: `http://127.0.0.1:${port}/k8s/clusters/c1/`, "insecure-skip-tls-verify": true };
        return apiOf({
            kubeconfig: JSON.stringify({
                clusters: [{ name: "c", cluster }],
                users: [{ name: "u", user }],
                contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
                "current-context": "x",
            }),
        });
    }

    it("gets the kubeconfig's path and login with each request, all of them by one connection", async () => {
        await api().pods();
        await api().pods("shop", { app: "review", version: "v1" });
        assert.deepEqual(
            asked.map(({ url, authorization, connection }) => [url, authorization, connection]),
            [
                ["/k8s/clusters/c1/api/v1/pods", "Bearer secret", 1],
                [
                    "/k8s/clusters/c1/api/v1/namespaces/shop/pods?labelSelector=app%3Dreview%2Cversion%3Dv1",
                    "Bearer secret",
                    1,
                ],
            ],
        );
    });

    it("is logged in to once by all who ask at the same time", async () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "upshift-"));
        try {
            const log = path.join(folder, "log");
            const apiVersion = "client.authentication.k8s.io/v1";
            const credential = JSON.stringify({ apiVersion, kind: "ExecCredential", status: { token: "drawn" } });
            const script = `echo once >> '${log}'; echo '${credential}'`;
            const one = api({ exec: { apiVersion, command: "sh", args: ["-c", script], interactiveMode: "Never" } });
            await Promise.all([1, 2, 3, 4].map(() => one.pods()));
            assert.deepEqual(
                asked.map(({ authorization }) => authorization),
                [1, 2, 3, 4].map(() => "Bearer drawn"),
            );
            assert.equal(fs.readFileSync(log, "utf8"), "once\n");
        } finally {
            fs.rmSync(folder, { recursive: true });
        }
    });

    it("is asked once more where it has closed a connection that was kept", async () => {
        const one = api();
        await one.pods();
        let isFirst = true;
        answer = (request, response) => {
            if (isFirst) request.socket.destroy();
            else response.end(JSON.stringify({ items: [{ metadata: { name: "a" } }] }));
            isFirst = false;
        };
        assert.deepEqual(
            (await one.pods()).map(({ metadata }) => metadata?.name),
            ["a"],
        );
        assert.equal(connections, 2);
    });

    it("is not given twice what it would make twice", async () => {
        const one = api();
        await one.pods();
        answer = (request) => request.socket.destroy();
        const path = pathTo("core", "v1", "events", "shop");
        await assert.rejects(one.ask("POST", path, { body: {} }), { code: "ECONNRESET" });
        assert.equal(asked.filter(({ method }) => method === "POST").length, 1);
    });

    it("is told of with its own words and its status where it refuses", async () => {
        answer = (_, response) => {
            response.statusCode = 403;
            response.end(JSON.stringify({ kind: "Status", message: 'pods is forbidden: User "u" cannot list' }));
        };
        await assert.rejects(api().pods(), (error: unknown) => {
            assert.ok(error instanceof ApiError);
            assert.equal(error.code, 403);
            assert.match(error.message, /^GET \/api\/v1\/pods: pods is forbidden: User "u" cannot list$/);
            return true;
        });
    });

    it("is given up where it does not answer in time", async () => {
        answer = () => undefined;
        await assert.rejects(api().get("/version", { timeoutMs: 50 }), /no answer in 0.05 s/);
    });
});
