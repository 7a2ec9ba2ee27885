import * as assert from "node:assert/strict";
import * as fs from "node:fs";

import { PromqlCheck, type PromqlArgs } from "../../rollout/gate/checks/promql";
import { until } from "../support/apiserver";
import {
    prometheusProgram,
    startExporter,
    startPrometheus,
    type Exporter,
    type RunningPrometheus,
} from "../support/gatePrometheus";
import { aboutStep as about, never } from "../support/checks";

describe("a query as a check, of a running Prometheus", function () {
    this.timeout(60_000);
    let exporter: Exporter;
    let prometheus: RunningPrometheus;

    before(async function () {
        if (!fs.existsSync(prometheusProgram)) return this.skip();
        exporter = await startExporter();
        exporter.metrics = ['queue{version="v1"} 3', 'queue{version="v2"} 40', "share NaN", ""].join("\n");
        prometheus = await startPrometheus([exporter.target]);
        await until("the queue is scraped", 20_000, () =>
            ask("queue", { min: 0 }).then(({ verdict }) => verdict === "pass"),
        );
    });
    after(async () => {
        await prometheus?.stop();
        exporter?.close();
    });

    const ask = (query: string, limits: Partial<PromqlArgs>) =>
        new PromqlCheck({ query, url: prometheus.url, timeoutSeconds: 5, ...limits }).ask(about, never);

    it("fails where the new version's number is over its limit, and passes where it is not", async () => {
        const query = 'max by (version) (queue{version="{{to}}"})';
        assert.deepEqual(await ask(query, { max: 30 }), {
            verdict: "fail",
            evidence: '40 of {version="v2"}; at most 30 is asked for',
        });
        assert.equal((await ask(query, { max: 40 })).verdict, "pass");
        const compared = 'sum(queue{version="{{to}}"}) / sum(queue{version="{{stable}}"})';
        assert.equal((await ask(compared, { max: 20 })).verdict, "pass");
        assert.equal((await ask(compared, { max: 10 })).verdict, "fail");
    });
    it("takes a scalar, and infinity for what it is", async () => {
        assert.equal((await ask("scalar(sum(queue))", { max: 43 })).verdict, "pass");
        assert.equal((await ask("sum(queue) / 0", { max: 43 })).verdict, "fail");
    });
    it("says nothing of the version without a number", async () => {
        for (const query of ["no_such_metric", "share"])
            assert.equal((await ask(query, { max: 1 })).verdict, "inconclusive", query);
    });
    it("can't be asked what is no PromQL, or no number", async () => {
        await assert.rejects(ask("sum(", { max: 1 }), /gives no number: it answered 400: .*parse error/);
        await assert.rejects(ask("queue[1m]", { max: 1 }), /gives no number: .*no answer of Prometheus/);
    });
    it("can't be asked once Prometheus is gone, and does not name what an address may have of secrets", async () => {
        const url = "http://user:word@127.0.0.1:9/path?key=abc";
        await assert.rejects(ask("up", { max: 1, url }), (error: Error) => {
            assert.match(error.message, /^Prometheus at http:\/\/127\.0\.0\.1:9\/… gives no number: .*ECONNREFUSED/);
            assert.doesNotMatch(error.message, /word|abc/);
            return true;
        });
    });
});
