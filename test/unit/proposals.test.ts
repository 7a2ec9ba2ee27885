import * as assert from "node:assert/strict";
import { Proposals } from "../../components/split/proposals";
import { placed, type Placed } from "../../components/traffic/world/objects";

const service = (name: string, more: object = {}, rest: object = {}): Placed =>
    placed("Service", {
        metadata: { name, namespace: "shop", ...more },
        spec: { selector: { app: name } },
        ...rest,
    });

describe("what a run proposes", () => {
    it("is in the order of the program, whatever is known first", async () => {
        const proposals = new Proposals();
        const later = new Promise<Placed>((resolve) => setImmediate(() => resolve(service("first"))));
        proposals.add([later, Promise.resolve(service("second"))]);
        assert.deepEqual(
            (await proposals.settled()).map(({ name }) => name),
            ["first", "second"],
        );
    });
    it("is without what can't be known yet, and has it once it is", async () => {
        const proposals = new Proposals();
        let resolve: (object: Placed) => void = () => undefined;
        proposals.add([
            new Promise<Placed>((known) => (resolve = known)),
            Promise.resolve(undefined),
            Promise.reject(new Error()),
        ]);
        assert.deepEqual(await proposals.settled(), []);
        resolve(service("web"));
        assert.equal((await proposals.settled()).length, 1);
    });
    it("is the same list until more is known, so that nobody judges the same step twice", async () => {
        const proposals = new Proposals();
        proposals.add([Promise.resolve(service("web"))]);
        const once = await proposals.settled();
        assert.equal(await proposals.settled(), once);
        proposals.add([Promise.resolve(service("shop"))]);
        assert.notEqual(await proposals.settled(), once);
    });
    it("is what is registered also where the engine has filled in the kind, and not where anything of it is another", async () => {
        const proposals = new Proposals();
        proposals.add([Promise.resolve(service("web"))]);
        await proposals.settled();
        assert.ok(proposals.has(service("web", {}, { kind: "Service", apiVersion: "v1" })));
        assert.ok(!proposals.has(service("web", { annotations: { "upshift.dev/stable": "v2" } })));
        assert.ok(!proposals.has(service("shop")));
    });
});
