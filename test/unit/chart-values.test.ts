import * as assert from "node:assert/strict";
import { chartValues } from "../../components/mesh/chartValues";
import { valueOf } from "../support/program";

describe("values of a chart", () => {
    const read = (text?: string) => chartValues('Istio "istio"', text).apply((values) => values);
    const problem = async (text: string): Promise<string> =>
        (read(text) as unknown as { promise(): Promise<unknown> }).promise().then(
            () => "none",
            (error: Error) => error.message,
        );

    it("are YAML or JSON, and none where nothing is given", async () => {
        assert.deepEqual(await valueOf(read("global:\n    platform: k3d\n")), { global: { platform: "k3d" } });
        assert.deepEqual(await valueOf(read('{ "global": { "platform": "k3d" } }')), { global: { platform: "k3d" } });
        assert.deepEqual([await valueOf(read()), await valueOf(read("# none yet"))], [{}, {}]);
    });
    it("are refused with the component's name and the fix when they are no YAML, or no map", async () => {
        const fix = '\n  fix: give YAML or JSON, such as {"global": {"hub": "registry/istio"}}';
        assert.match(
            await problem("{ global: "),
            /^Istio "istio": `values` is no YAML: .*\n {2}fix: give YAML or JSON/,
        );
        assert.equal(await problem("global"), `Istio "istio": \`values\` is no map of values, but "global".${fix}`);
        assert.equal(await problem("[1]"), `Istio "istio": \`values\` is no map of values, but [1].${fix}`);
    });
});
