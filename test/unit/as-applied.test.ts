import * as assert from "node:assert/strict";
import { encrypted } from "../../components/traffic/world/values";
import { holdsAll } from "../../components/traffic/world/workloads";

describe("what a cluster has of what was applied", () => {
    for (const [what, live, asked] of [
        ["a quantity in another form", { cpu: "1", memory: "1Gi" }, { cpu: "1000m", memory: "1024Mi" }],
        ["what is empty and was left out", { name: "a" }, { name: "a", args: [], hostNetwork: false, value: "" }],
        ["what was filled in", { image: "a:1", imagePullPolicy: "IfNotPresent" }, { image: "a:1" }],
        ["what the state has only encrypted", { value: "secret" }, { value: encrypted }],
    ] as const)
        it(`is the same with ${what}`, () => assert.equal(holdsAll(live as never, asked as never), true));

    for (const [what, live, asked] of [
        ["another quantity", { cpu: "2" }, { cpu: "1000m" }],
        ["another image", { image: "a:1" }, { image: "a:1.0" }],
        ["something that is not there", {}, { hostNetwork: true }],
        ["another length of a list", { args: ["a", "b"] }, { args: ["a"] }],
        ["a list in place of its only item", { value: ["a"] }, { value: "a" }],
    ] as const)
        it(`is another with ${what}`, () => assert.equal(holdsAll(live as never, asked as never), false));
});
