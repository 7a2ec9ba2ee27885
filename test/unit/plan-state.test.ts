import * as assert from "node:assert/strict";
import { changesIn } from "../../rollout/plan/state";

const resource = (name: string, more: object = {}) => ({
    urn: `urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::${name}`,
    type: "kubernetes:apps/v1:Deployment",
    inputs: { spec: { replicas: 2 } },
    ...more,
});

describe("what a plan takes from the state", () => {
    it("is what was last applied, as changes that change nothing", () => {
        const [change, ...others] = changesIn({ deployment: { resources: [resource("review-v1")] } });
        assert.deepEqual(others, []);
        assert.equal(change?.op, "same");
        assert.deepEqual(change?.old?.inputs, { spec: { replicas: 2 } });
    });
    it("leaves out what only waits for being deleted", () => {
        const state = { deployment: { resources: [resource("review-v1"), resource("review-v1", { delete: true })] } };
        assert.deepEqual(
            changesIn(state).map(({ name }) => name),
            ["review-v1"],
        );
    });
    it("is nothing where nothing was applied", () => {
        assert.deepEqual(changesIn({ deployment: {} }), []);
    });
});
