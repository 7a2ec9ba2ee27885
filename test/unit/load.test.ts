import * as assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { selfSigned } from "../../components/mesh/certificate";
import { Generator } from "../../rollout/load/generator";
import { versionsIn } from "../../rollout/load/answer";
import { expectedShares, judge } from "../../rollout/verify";
import type { LoadOptions, Window } from "../../rollout/load/protocol";

const address = (service: string, version: string) => `${service}-${version}-7c9f8d6b5-x2x4z/10.244.0.9:8080`;
const answerOf = (version: string) =>
    JSON.stringify({
        serviceAddresses: { cmp: address("product-composite", "v1"), rev: address("review", version), rec: "" },
    });

describe("the load generator", () => {
    let server: https.Server;
    /** @param count how many requests came so far */
    let handle: (count: number, response: ServerResponse) => void;
    let certificate: string;
    let received = 0;
    let connections = 0;
    const running: Generator[] = [];

    before(async () => {
        const pair = await selfSigned(["shop.test"]);
        certificate = pair.public;
        server = https.createServer({ cert: pair.public, key: pair.private }, (request, response) => {
            assert.equal(request.headers.host, "shop.test");
            handle(++received, response);
        });
        server.on("secureConnection", () => connections++);
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
    });
    after(() => server.close());
    beforeEach(() => {
        received = 0;
        connections = 0;
    });

    const generate = (
        maxRequests: number,
        onEnd: () => void = () => undefined,
        shape: Pick<LoadOptions, "freshEvery"> = {},
        timeoutMs?: number,
    ): Generator => {
        const generator = new Generator(
            {
                ...shape,
                origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
                host: "shop.test",
                path: "/",
                headers: {},
                certificate,
                rate: 500,
                maxRequests,
            },
            onEnd,
            timeoutMs,
        );
        running.push(generator);
        return generator;
    };
    // One that goes on after a test that failed would keep the process for ever.
    afterEach(() => Promise.allSettled(running.splice(0).map((generator) => generator.stop())));

    it("sends as many requests as it is told, and counts the versions that answered", async () => {
        handle = (count, response) => response.end(answerOf(count % 5 === 0 ? "v2" : "v1"));
        const window = await new Promise<Window>((resolve) => {
            const generator = generate(200, () => resolve(generator.stop()));
        });
        assert.equal(received, 200);
        assert.equal(window.requests, 200);
        assert.equal(window.failed, 0);
        assert.deepEqual(window.versions.review, { v1: 160, v2: 40 });
        assert.ok(window.latency.p50 > 0 && window.latency.p50 <= window.latency.p99);
    });
    it("opens a connection for every second request where it is told so, and one for all of them where it is not", async () => {
        handle = (_, response) => response.end(answerOf("v1"));
        const opened = async (shape: Pick<LoadOptions, "freshEvery">): Promise<number> => {
            connections = 0;
            const window = await new Promise<Window>((resolve) => {
                const generator = generate(100, () => resolve(generator.stop()), shape);
            });
            assert.deepEqual([window.requests, window.failed], [100, 0]);
            return connections;
        };
        const fresh = await opened({ freshEvery: 2 });
        assert.ok(fresh >= 50 && fresh <= 50 + 32, `${fresh} connections`);
        const kept = await opened({});
        assert.ok(kept <= 32, `${kept} connections`);
    });
    it("loses no request between two windows", async () => {
        handle = (_, response) => response.end(answerOf("v1"));
        const generator = generate(1_000_000);
        const windows = [
            await generator.cut(20),
            await generator.cut(0),
            await generator.cut(30),
            await generator.stop(),
        ];
        const [first, second] = windows.map(({ began = 0, seconds }) => ({ began, ended: began + seconds * 1000 }));
        assert.ok(
            Math.abs((second?.began ?? 0) - (first?.ended ?? 0)) < 100,
            "each is opened when the last one is cut",
        );
        assert.ok((windows[0]?.requests ?? 0) >= 20 && (windows[2]?.requests ?? 0) >= 30);
        assert.equal(
            windows.reduce((sum, window) => sum + window.requests, 0),
            received,
        );
    });
    it("counts every request that fails, and says why; none is sent again", async () => {
        handle = (count, response) => {
            if (count % 4 === 0) response.writeHead(503).end("no healthy upstream");
            else if (count % 4 === 1) response.destroy();
            else if (count % 4 === 2) response.end("something else");
            else response.end(answerOf("v1"));
        };
        const window = await new Promise<Window>((resolve) => {
            const generator = generate(40, () => resolve(generator.stop()));
        });
        assert.equal(received, 40);
        assert.equal(window.failed, 30);
        assert.equal(window.failures["503 no healthy upstream"], 10);
        assert.deepEqual(window.versions.review, { v1: 10 });
    });
    it("counts a request as failed that nobody answers in time, also while it waits for a connection", async () => {
        handle = () => undefined;
        const began = performance.now();
        const window = await new Promise<Window>((resolve) => {
            const generator = generate(200, () => resolve(generator.stop()), {}, 300);
        });
        // One after the other by 32 connections they would have taken seven times as long, and on a slow machine for ever.
        assert.equal(window.failed, 200);
        const busy = window.failures["no answer in 0.3 s: all 32 connections were busy"] ?? 0;
        assert.ok(busy > 0 && busy === 200 - received, `${busy} were not sent: ${JSON.stringify(window.failures)}`);
        assert.ok(received < 200, `${received} were sent`);
        assert.ok(performance.now() - began < 60_000);
    });
    it("does not make up for the time in which its machine stood still", async () => {
        handle = (_, response) => response.end(answerOf("v1"));
        const began = performance.now();
        const generator = generate(1_000_000);
        const stood = 3000;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stood);
        await generator.cut(1);
        const { requests } = await generator.stop();
        const moved = performance.now() - began - stood;
        assert.ok(
            received > 0 && received <= moved / 2 + 10,
            `${received} of ${requests} in ${moved} ms, at 500 a second`,
        );
    });
});

describe("an answer", () => {
    it("tells the version of each service by its pod's name", () => {
        assert.deepEqual(versionsIn(undefined, answerOf("v2")), [
            ["product-composite", "v1"],
            ["review", "v2"],
        ]);
    });
    it("tells who served it in its header, whatever its body is", () => {
        assert.deepEqual(versionsIn("web-frontend=v1, customers=v2", "<html>"), [
            ["web-frontend", "v1"],
            ["customers", "v2"],
        ]);
    });
    it("is refused when it is something else", () => {
        assert.throws(() => versionsIn(undefined, "<html>"));
        assert.throws(() => versionsIn("", "{}"));
    });
});

describe("verify", () => {
    const window = (v1: number, v2: number, failed = 0): Window => ({
        requests: v1 + v2 + failed,
        failed,
        failures: failed > 0 ? { "503": failed } : {},
        versions: { review: { v1, v2 } },
        byVersion: {},
        latency: { p50: 1, p99: 2, max: 3 },
        seconds: 10,
    });
    it("is content with a share within 4 sigma and no failure", () =>
        assert.ok(judge("review", window(1573, 427), { v1: 80, v2: 20 }).ok));
    it("is not content with one failed request, however right the share is", () =>
        assert.ok(!judge("review", window(1599, 400, 1), { v1: 80, v2: 20 }).ok));
    it("is not content with a version that should have no traffic", () =>
        assert.ok(!judge("review", window(1999, 1), { v1: 100 }).ok));
    it("is not content with a service that did not answer at all", () =>
        assert.ok(!judge("product", window(2000, 0), { v1: 100 }).ok));
    it("expects all requests with the canary header at its version, and the others by weight", () => {
        const canary = { name: "x-group", exact: "test", to: "v2" };
        assert.deepEqual(expectedShares({ v1: 100 }, canary, { "X-Group": "test" }), { v2: 100 });
        assert.deepEqual(expectedShares({ v1: 100 }, canary, { "X-Group": "tests" }), { v1: 100 });
        assert.deepEqual(expectedShares({ v1: 100 }, { name: "a", regex: "b+", to: "v2" }, { a: "bbb" }), { v2: 100 });
        assert.deepEqual(expectedShares({ v1: 100 }, { name: "a", prefix: "b", to: "v2" }, { a: "c" }), { v1: 100 });
    });
});
