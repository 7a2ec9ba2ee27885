import * as assert from "node:assert/strict";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { random } from "../support/gateTraffic";
import { Bench } from "./bench";
import { play } from "./play";
import { faults } from "./table";
import { transitionNamed } from "./transitions";

const name = "faults-test";
/** One of each kind: what the step needs, what it tells, what serves, the step itself. The whole table is `npm run test:faults`. */
const sample = ["etcd killed", "kube-apiserver stopped", "istiod killed", "sidecar killed", "pulumi up killed"];

describe("a step of traffic with a fault in the middle of it", function () {
    this.timeout(300_000);
    const bench = new Bench(name);

    before("brings up a cluster, with a system under load", async function () {
        leaveOutWhereNoneRuns(this, name);
        await bench.begin();
        await bench.turnTo(transitionNamed("weights"));
    });
    after("removes them", () => bench.end());

    for (const fault of faults.filter((one) => sample.includes(one.name)))
        it(`is made in the end, and loses no request but by the fault: ${fault.name}`, async () => {
            const playing = { stopSeconds: 5, random: random(1) };
            const { complaints, requests } = await play(bench, fault, transitionNamed("weights"), playing);
            assert.deepEqual(complaints, []);
            assert.ok(requests >= 600, `${requests} requests are too few to say so`);
        });
});
