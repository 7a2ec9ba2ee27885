import * as assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readingOf, type Row } from "../../rollout/gate/sources/rows";
import { metricNames } from "../../rollout/release/versionPods";
import { settingsOf, StackHands } from "../../rollout/release/stackHands";
import type { ReleasedService } from "../../rollout/release/service";
import { service } from "../support/worlds";

const host = { name: "review", namespace: "shop" };
const weights = { v1: 90, v2: 10 };

/** A service whose pods are labelled with releases, as Helm charts have them, and its subsets. */
function labelled(key: string, values: Readonly<Record<string, string>>) {
    const subsets = Object.entries(values).map(([name, value]) => ({ name, labels: { [key]: value } }));
    return service()
        .filter(({ kind }) => ["Service", "DestinationRule"].includes(kind))
        .map((one) =>
            one.kind === "Service" ? one : { ...one, body: { ...one.body, spec: { host: "review", subsets } } },
        );
}

describe("what Istio's metrics call versions", () => {
    it("is the label of their pods, where the routes go by another name", () => {
        const found = metricNames(labelled("app.kubernetes.io/version", { v1: "1.25.0", v2: "1.26.0" }), {
            host,
            weights,
        });
        assert.deepEqual(
            [...found],
            [
                ["1.25.0", "v1"],
                ["1.26.0", "v2"],
            ],
        );
    });
    it("needs no table where they are the same, and has none where one name is that of two", () => {
        for (const values of [
            { v1: "v1", v2: "v2" },
            { v1: "1", v2: "1" },
        ])
            assert.equal(metricNames(labelled("version", values), { host, weights }).size, 0);
    });
    it("is read as the version's own name", () => {
        const row = (version: string, code: string, value: number): Row => ({
            labels: { pod: "caller", destination_version: version, response_code: code },
            value,
            at: 1,
        });
        const named = new Map([["1.26.0", "v2"]]);
        const [caller] = readingOf(
            1,
            [row("1.26.0", "200", 3), row("1.26.0", "503", 2), row("v1", "200", 5)],
            [],
            named,
        ).callers;
        assert.deepEqual(caller?.versions, { v2: { requests: 5, failed: 2 }, v1: { requests: 5, failed: 0 } });
    });
    it("is told where no version is among them, however many requests are counted", async () => {
        const answer = {
            status: "success",
            data: {
                resultType: "vector",
                result: [
                    { metric: { pod: "a", destination_version: "2.0.1", response_code: "503" }, value: [1, "200"] },
                ],
            },
        };
        const server = createServer((_, response) => response.end(JSON.stringify(answer))).listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        const given = { to: "v2", gate: { latency: false }, prometheus: { url: `http://127.0.0.1:${port}` } };
        const hands = new (class extends StackHands {
            override settings() {
                return Promise.resolve(settingsOf("review", given));
            }
            override served(): Promise<ReleasedService> {
                return Promise.resolve({ host, weights } as unknown as ReleasedService);
            }
        })("dev", "review", () => undefined, "/nowhere");
        try {
            await assert.rejects(
                hands.window({ canary: "v2", stable: "v1", step: 0 }, host),
                /counts requests to 2\.0\.1 of review\.shop, and calls none of them v2 and v1: .*\n {2}fix: .*release\.review\.prometheus\.metrics envoy/,
            );
        } finally {
            server.closeAllConnections();
            server.close();
        }
    });
});
