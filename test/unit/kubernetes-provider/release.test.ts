import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
    checkpointRelease,
    checkRelease,
    diffRelease,
    type LiveRelease,
} from "../../../plugins/kubernetes/helm/release";
import { Secret, unknown, type Properties } from "../../../plugins/kubernetes/values";

describe("a Helm release", () => {
    const options = {
        name: "edge",
        randomSeed: Buffer.from("seed"),
        defaultNamespace: "shop",
        versionOf: async () => "1.2.3",
    };
    const inputsOf = async (news: Properties, olds: Properties = {}): Promise<Properties> =>
        (await checkRelease(news, olds, options)).inputs;
    const live: LiveRelease = {
        name: "edge",
        namespace: "shop",
        revision: 4,
        status: "deployed",
        chart: { name: "gateway", version: "1.2.3", appVersion: "9" },
        values: { b: 2 },
        manifest: "",
    };

    it("gets every option, a name, a namespace, and the version of its chart", async () => {
        const inputs = await inputsOf({ chart: "gateway" });
        assert.match(inputs.name as string, /^edge-[0-9a-f]{8}$/);
        assert.deepEqual(
            [inputs.namespace, inputs.version, inputs.timeout, inputs.atomic, inputs.values],
            ["shop", "1.2.3", 300, false, {}],
        );
        assert.equal((await inputsOf({ chart: "gateway" }, { name: "kept" })).name, "kept");
    });

    it("has the values of files under those that are given", async () => {
        const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "values-")), "values.yaml");
        fs.writeFileSync(file, "a: { b: 1, c: 2 }\nlist: [1, 2]\n");
        const inputs = await inputsOf({
            chart: "x",
            valueYamlFiles: [{ path: file }, { text: "a: { d: 4 }" }],
            values: { a: { b: 9 }, list: [3] },
        });
        fs.rmSync(path.dirname(file), { recursive: true });
        assert.deepEqual(inputs.values, { a: { b: 9, c: 2, d: 4 }, list: [3] });
        assert.equal(inputs.valueYamlFiles, undefined);
    });

    it("says when its chart cannot be found, and does not look for one that is not known yet", async () => {
        const versionOf = async (): Promise<string> => Promise.reject(new Error("no such chart"));
        assert.match(
            (await checkRelease({ chart: "x" }, {}, { ...options, versionOf })).chartProblem ?? "",
            /^no such chart; check/,
        );
        const open = await checkRelease({ chart: "x", values: { a: unknown } }, {}, { ...options, versionOf });
        assert.deepEqual([open.chartProblem, open.inputs.values], [undefined, { a: unknown }]);
    });

    it("keeps its secret values secret, and all inputs in the state", async () => {
        const inputs = await inputsOf({ chart: "x", values: { password: new Secret("p"), open: 1 } });
        const state = checkpointRelease(inputs, {
            release: { ...live, values: { password: "p", open: 1 } },
            resourceNames: {},
        });
        assert.deepEqual(state.values, { password: new Secret("p"), open: 1 });
        assert.deepEqual(state.__inputs, new Secret(inputs));
    });

    it("differs by what was given, not by what the cluster tells", async () => {
        const inputs = await inputsOf({ chart: "x", name: "edge", values: { a: 1, old: true } });
        const state = checkpointRelease(inputs, { release: live, resourceNames: { "Service/v1": ["shop/edge"] } });
        assert.deepEqual(diffRelease(state, inputs, []).detailed, {});
        const changed = diffRelease(state, { ...inputs, values: { a: 2, c: 3 }, namespace: "other" }, []);
        assert.deepEqual(changed.detailed, {
            "values.a": { kind: "UPDATE", inputDiff: false },
            "values.c": { kind: "ADD", inputDiff: false },
            "values.old": { kind: "DELETE", inputDiff: true },
            namespace: { kind: "UPDATE_REPLACE", inputDiff: false },
        });
        assert.deepEqual([changed.diffs.sort(), changed.replaces], [["namespace", "values"], ["namespace"]]);
    });

    it("keeps the version it has when that is to be ignored", async () => {
        const inputs = await inputsOf({ chart: "x", name: "edge" });
        const state = checkpointRelease(inputs, { release: live, resourceNames: {} });
        assert.deepEqual(diffRelease(state, { ...inputs, version: "2.0.0" }, ["version"]).detailed, {});
    });
});
