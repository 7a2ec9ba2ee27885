import * as assert from "node:assert/strict";
import { toolPath } from "../../cluster/tools/tools";
import { countsBetween, type Reading, type VersionCounts } from "../../rollout/gate/counts";
import { Gate } from "../../rollout/gate/gate";
import { ProxyCounts, timesIn, type CallerProxy } from "../../rollout/gate/sources/proxies";
import { Windows } from "../../rollout/gate/windows";
import { until } from "../support/apiserver";
import { startEnvoy, startServer, type RunningEnvoy } from "../support/gateEnvoy";

const review = { name: "review", namespace: "shop" };

describe("counts of the proxies themselves", function () {
    this.timeout(60_000);
    let envoy: RunningEnvoy;
    let server: { port: number; close(): void };
    const as = (id: string, get: CallerProxy["get"] = (path) => envoy.admin(path)): CallerProxy => ({ id, get });
    const source = (...callers: CallerProxy[]): ProxyCounts => new ProxyCounts(() => Promise.resolve(callers));

    before(async function () {
        if (!hasEnvoy()) return this.skip();
        server = await startServer();
        // Nothing listens for v3, and v4 has no endpoint at all: what a switch that comes too early meets.
        const closed = await startServer();
        closed.close();
        envoy = await startEnvoy({ v1: [server.port], v2: [server.port], v3: [closed.port], v4: [] }, "v2");
    });
    after(async () => {
        await envoy?.stop();
        server?.close();
    });

    const ask = async (path: string, times: number): Promise<void> => {
        for (let count = 0; count < times; count++) await envoy.ask(path);
    };
    /** Reads until the histogram of v2 has so many requests. */
    const readingWith = (timed: number): Promise<Reading> =>
        until(`${timed} requests to v2 are in Envoy's histogram`, 20_000, async () => {
            const reading = await source(as("edge")).read(review);
            return versionsOf(reading).v2?.timed?.get(Infinity) === timed && reading;
        });
    const versionsOf = (reading: Reading): Readonly<Record<string, VersionCounts>> =>
        reading.callers[0]?.versions ?? {};

    it("are an error before anything was asked", async () => {
        await assert.rejects(
            source(as("edge")).read(review),
            /^Error: No proxy has counted a request to review\.shop: .*\n {2}fix: npx upshift graph$/,
        );
    });
    it("are whole, by version, with the failures that no server ever saw", async () => {
        await ask("/v1/", 5);
        await ask("/v2/", 3);
        await ask("/v2/bad", 2);
        await ask("/v3/", 4);
        await ask("/v4/", 1);
        const versions = versionsOf(await readingWith(5));
        const counts = Object.entries(versions).map(([version, { requests, failed }]) => [version, requests, failed]);
        assert.deepEqual(counts.sort(), [
            ["v1", 5, 0],
            ["v2", 5, 2],
            ["v3", 4, 4],
            ["v4", 1, 1],
        ]);
        assert.equal(versions.v4?.timed, undefined);
    });
    it("differ by exactly what came meanwhile, the slow ones too", async () => {
        const before = await readingWith(5);
        await ask("/v2/slow", 6);
        await ask("/v2/", 4);
        const { v2 } = countsBetween(before, await readingWith(15));
        assert.deepEqual([v2?.requests, v2?.failed, v2?.timed?.get(Infinity)], [10, 0, 10]);
        assert.ok(
            (v2?.timed?.get(50) ?? NaN) <= 4 && v2?.timed?.get(10_000) === 10,
            JSON.stringify([...(v2?.timed ?? [])]),
        );
    });
    it("have copies of requests, whose answers nobody gets, as requests to the version that gets them", async () => {
        const before = await readingWith(15);
        for (let count = 0; count < 6; count++) assert.equal(await envoy.ask("/copied/"), 200);
        for (let count = 0; count < 2; count++) assert.equal(await envoy.ask("/copied/bad"), 500);
        const { v1, v2 } = countsBetween(before, await readingWith(23));
        assert.deepEqual([v1?.requests, v1?.failed, v2?.requests, v2?.failed], [8, 2, 8, 2]);
    });
    it("have beside them what is open, which was counted as soon as its answer had begun", async () => {
        const own = await startServer();
        const edge = await startEnvoy({ v1: [own.port], v2: [own.port] });
        const counts = source(as("edge", (path) => edge.admin(path)));
        const open = (streams: number): Promise<unknown> =>
            until(`${streams} requests to v2 are open`, 20_000, async () => (await counts.open(review)).v2 === streams);
        try {
            const streams = [edge.ask("/v2/open"), edge.ask("/v2/open")].map((one) => one.catch(() => undefined));
            await open(2);
            assert.equal((await counts.open(review)).v1, 0);
            assert.deepEqual((await counts.open({ ...review, namespace: "stage" })).v2, undefined);
            const before = await counts.read(review);
            assert.equal(countsBetween({ ...before, at: before.at - 1 }, before).v2?.requests, 0);
            own.close();
            await Promise.all(streams);
            await open(0);
        } finally {
            own.close();
            await edge.stop();
        }
    });
    it("begin anew with the proxy", async () => {
        const before = await readingWith(23);
        await envoy.stop();
        envoy = await startEnvoy({ v1: [server.port], v2: [server.port] });
        await ask("/v2/bad", 2);
        assert.deepEqual(countsBetween(before, await readingWith(2)).v2?.requests, 2);
    });
    it("go without a pod that has left, and are an error where one that is there does not answer", async () => {
        const gone = as("gone", () => Promise.resolve(undefined));
        assert.equal((await source(as("edge"), gone).read(review)).callers.length, 1);
        const dead = as("dead", () =>
            Promise.reject(new Error("The proxy of dead.shop does not answer: no answer in 10 s")),
        );
        await assert.rejects(source(as("edge"), dead).read(review), /The proxy of dead\.shop does not answer/);
    });
    it("count from 0 for a proxy that was there and had not called yet", async () => {
        const quiet = await startEnvoy({ v1: [server.port] });
        try {
            const callers = [as("edge"), as("quiet", (path) => quiet.admin(path))];
            const before = await source(...callers).read(review);
            await quiet.ask("/v1/");
            assert.equal(countsBetween(before, await source(...callers).read(review)).v1?.requests, 1);
        } finally {
            await quiet.stop();
        }
    });
    it("are none for a service that nobody calls", async () => {
        await assert.rejects(
            source(as("edge")).read({ name: "view", namespace: "shop" }),
            /No proxy has counted a request to view\.shop/,
        );
    });
    it("make the gate fail a version without endpoints", async () => {
        await envoy.stop();
        envoy = await startEnvoy({ v1: [server.port], v2: [] });
        const gate = new Gate({
            service: "review",
            canary: "v2",
            stable: "v1",
            before: [],
            settings: { latency: false },
        });
        const windows = new Windows(0);
        const names = { canary: "v2", stable: "v1", step: 1 };
        await ask("/v1/", 1);
        windows.next(await source(as("edge")).read(review), names);
        await ask("/v1/", 40);
        await ask("/v2/", 10);
        const window = windows.next(await source(as("edge")).read(review), names);
        assert.ok(window);
        gate.add(window);
        const { verdict, reason } = gate.verdict();
        assert.equal(verdict, "fail");
        assert.match(reason, /^review: 10 of 10 requests to v2 failed \(100 %\), where 2 were to be expected/);
    });
});

describe("Envoy's histograms", () => {
    it("are refused where they are something else", () => {
        assert.throws(() => timesIn({ stats: [{ histograms: [{ name: "a" }] }] }), /not as Envoy writes them/);
        assert.throws(() => timesIn("no"), /not as Envoy writes them/);
    });
});

function hasEnvoy(): boolean {
    try {
        return toolPath("envoy") !== "";
    } catch {
        return false;
    }
}
