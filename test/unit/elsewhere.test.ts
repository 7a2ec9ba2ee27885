import * as assert from "node:assert/strict";
import { elsewhere } from "../../rollout/elsewhere";

/** What Pulumi says of its stacks, and of the outputs of dev. */
const saying = (stacks: string[], outputs: object) => {
    const asked: string[] = [];
    const ask = (args: readonly string[]): Promise<string> => {
        asked.push(args.join(" "));
        const isList = args[1] === "ls";
        return Promise.resolve(JSON.stringify(isList ? stacks.map((name) => ({ name, current: false })) : outputs));
    };
    return { ask, asked };
};

describe("a stack that is up already", () => {
    it("on another cluster is refused: how to take it down there, or to forget it", async () => {
        const { ask, asked } = saying(["dev"], { context: "upshift-embedded", kubeconfig: "/somewhere" });
        const [finding, ...others] = await elsewhere("dev", { context: "k3d-upshift" }, ask);
        assert.equal(
            finding?.what,
            "Stack dev is up on another cluster (context upshift-embedded), and its state tells of that one.",
        );
        assert.match(
            finding?.fix ?? "",
            /^pulumi destroy --stack dev first; if that cluster is gone: pulumi stack rm --force --preserve-config --stack dev$/,
        );
        assert.deepEqual(others, []);
        // Nothing but questions.
        assert.deepEqual(asked, ["stack ls --json", "stack output --json --stack dev"]);
    });

    it("on this cluster goes on", async () => {
        assert.deepEqual(
            await elsewhere("dev", { context: "k3d-upshift" }, saying(["dev"], { context: "k3d-upshift" }).ask),
            [],
        );
    });

    it("without a cluster in its outputs, because no update has come to its end, goes on", async () => {
        assert.deepEqual(await elsewhere("dev", { context: "k3d-upshift" }, saying(["dev"], {}).ask), []);
    });

    it("is asked for nothing where there is no stack of that name", async () => {
        const { ask, asked } = saying(["prod"], { context: "production" });
        assert.deepEqual(await elsewhere("dev", { context: "k3d-upshift" }, ask), []);
        assert.deepEqual(asked, ["stack ls --json"]);
    });
});
