import * as assert from "node:assert/strict";
import type { AppliedCluster } from "../../cluster/appliedCluster";
import type { TargetStatus } from "../../cluster/target";
import { elsewhere, type Asked } from "../../systems/checkout/elsewhere";

/** What Pulumi says of its stacks, and of the cluster that dev is applied on. */
const saying = (stacks: string[], cluster?: AppliedCluster): Asked => ({
    stacks: () => Promise.resolve(stacks),
    applied: () =>
        Promise.resolve({ objects: [], headers: new Map(), uids: new Set<string>(), count: cluster ? 66 : 0, cluster }),
});
/** The k3d cluster upshift, as it is now. */
const target = (phase: TargetStatus["phase"]) => ({
    name: "k3d" as const,
    cluster: "upshift",
    status: () => Promise.resolve({ target: "k3d" as const, name: "upshift", phase, notes: [] }),
});

describe("a stack that is up already", () => {
    it("on another cluster is refused: how to go back to it, and how to forget it where it is gone", async () => {
        const applied: AppliedCluster = { target: "embedded", name: "upshift", uid: "1b2c3d4e-0000" };
        const [finding, ...others] = await elsewhere("dev", target("ready"), saying(["dev"], applied));
        assert.equal(
            finding?.what,
            "Stack dev is applied on the embedded cluster upshift (1b2c3d4e); this is another one: the k3d cluster upshift.",
        );
        assert.equal(
            finding?.fix,
            "pulumi config set-all --stack dev --plaintext target=embedded --plaintext cluster=upshift to go back to it; " +
                "if it is gone: npx upshift cluster forget --stack dev",
        );
        assert.deepEqual(others, []);
    });

    it("on a cluster of that name that somebody has deleted is told so, before another is made", async () => {
        const applied: AppliedCluster = { target: "k3d", name: "upshift", uid: "1b2c3d4e-0000" };
        const [finding] = await elsewhere("dev", target("absent"), saying(["dev"], applied));
        assert.match(
            finding?.what ?? "",
            /^Stack dev is applied on the k3d cluster upshift \(1b2c3d4e\), which is gone/,
        );
        assert.equal(finding?.fix, "npx upshift cluster forget --stack dev");
    });

    it("on this cluster goes on, whether it runs or is stopped", async () => {
        const asked = saying(["dev"], { target: "k3d", name: "upshift", uid: "1b2c3d4e-0000" });
        assert.deepEqual(await elsewhere("dev", target("stopped"), asked), []);
        assert.deepEqual(await elsewhere("dev", target("ready"), asked), []);
    });

    it("with nothing in its state goes on", async () => {
        assert.deepEqual(await elsewhere("dev", target("absent"), saying(["dev"])), []);
    });

    it("is asked for nothing where there is no stack of that name", async () => {
        const asked: Asked = { ...saying(["prod"]), applied: () => assert.fail("its state was read") };
        assert.deepEqual(await elsewhere("dev", target("ready"), asked), []);
    });
});
