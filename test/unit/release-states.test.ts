import * as assert from "node:assert/strict";
import { redraw } from "../../rollout/redraw";
import { releaseStates, type ReleaseState } from "../../rollout/release/states";
import { ManyServices } from "../support/manyServices";

describe("where a release is", () => {
    const told = async (stack: ManyServices): Promise<ReleaseState[]> =>
        releaseStates(await stack.served(), await stack.settings(), " --stack prod");
    const review = (v2: number, more: object = {}): ManyServices =>
        new ManyServices({ review: { weights: { v1: 100 - v2, v2 }, ...more } });
    const only = async (stack: ManyServices): Promise<ReleaseState> => {
        const [first, ...others] = await told(stack);
        assert.deepEqual(others, []);
        return first ?? assert.fail("no release is told of");
    };

    it("is the step whose share it has, with what it waits for and what comes next", async () => {
        const stack = review(25).declare("review", { to: "v2", steps: "header,10,25,pause,pause:10m,50,100" });
        assert.deepEqual(await only(stack), {
            ...{ service: "review", to: "v2", stable: "v1", at: "25", share: 25, state: "under way" },
            steps: ["header", "10", "25", "pause-3", "pause-4", "50", "100"],
            waitsFor:
                "its gate at 25 %, then somebody's word (npx upshift promote review --stack prod), then a pause of 600 s; next: 50",
        });
    });
    it("is the header test while testers alone reach the version", async () => {
        const { at, state, waitsFor } = await only(review(0, { headerTo: "v2" }).declare("review", { to: "v2" }));
        assert.deepEqual([at, state, waitsFor], ["header", "under way", "its time to bake; next: 10"]);
    });
    const states: [string, number, Record<string, string | boolean>, ReleaseState["state"], RegExp][] = [
        ["declared, and not begun", 0, {}, "declared", /npx upshift release review --stack prod/],
        ["paused", 25, { paused: true }, "paused", /npx upshift resume review --stack prod/],
        ["aborted", 0, { aborted: "v2" }, "aborted", /npx upshift release review --stack prod --to v2 --again/],
        ["complete", 100, {}, "complete", /npx upshift finish review --stack prod/],
        ["over, where it has led to what is stable", 0, { to: "v1" }, "complete", /v1 is the stable version/],
        ["promoted, and no driver has heard of it", 25, { promoted: "25" }, "under way", /a driver to hear/],
        ["asked for by steps that can't be meant", 0, { steps: "50,10" }, "wrong", /do not rise\n {2}fix: pulumi/],
        ["what no one can read", 0, { bake: "soon" }, "wrong", /soon|duration/],
    ];
    for (const [what, v2, more, expected, waitsFor] of states)
        it(`is ${what}`, async () => {
            const { state, waitsFor: waits } = await only(review(v2).declare("review", { to: "v2", ...more }));
            assert.equal(state, expected);
            assert.match(waits, waitsFor);
        });
    it("is told of users that are off stable and no release says so, and of no header alone", async () => {
        const { to, share, state, waitsFor } = await only(review(40));
        assert.deepEqual([to, share, state], ["v2", 40, "undeclared"]);
        assert.match(
            waitsFor,
            /release review --stack prod --to v2\) or back \(npx upshift rollback review --stack prod/,
        );
        assert.deepEqual(await told(review(0, { headerTo: "v2" })), []);
    });
    it("is wrong where the stack can't move the service, with why", async () => {
        const stack = new ManyServices({});
        stack.others.push({ service: "edge", stable: "v1", weights: {}, why: "edge is part of a chain" });
        const declared = { edge: await settingsOf("edge"), gone: await settingsOf("gone") };
        const all = releaseStates(await stack.served(), declared, "");
        assert.deepEqual(
            all.map(({ service, state, waitsFor }) => [service, state, waitsFor]),
            [
                ["edge", "wrong", "edge is part of a chain"],
                ["gone", "wrong", "the stack splits no such service"],
            ],
        );
    });
    async function settingsOf(service: string) {
        const stack = new ManyServices({ [service]: { weights: { v1: 100 } } }).declare(service, { to: "v2" });
        return (await stack.settings())[service] ?? assert.fail();
    }
});

describe("what is drawn again and again", () => {
    /** Ends after as many looks as there are texts. */
    const drawn = async (texts: readonly (string | Error)[], isTTY: boolean): Promise<string[]> => {
        const interruption = new AbortController();
        const [written, left]: [string[], (string | Error)[]] = [[], [...texts]];
        const look = (): Promise<string> => {
            const next = left.shift();
            if (next === undefined) interruption.abort();
            return next instanceof Error ? Promise.reject(next) : Promise.resolve(next ?? "never seen");
        };
        await redraw(look, { write: (text: string) => written.push(text), isTTY }, interruption.signal, 0);
        return written;
    };

    it("is in place on a terminal, each time", async () => {
        assert.deepEqual(await drawn(["one", "one"], true), ["\x1b[H\x1b[Jone\n", "\x1b[H\x1b[Jone\n"]);
    });
    it("is told without a terminal only when it is new", async () => {
        assert.deepEqual(await drawn(["one", "one", "two", "one"], false), ["one\n", "two\n", "one\n"]);
    });
    it("goes on where a look fails for a while, and not where the first does", async () => {
        assert.deepEqual(await drawn(["one", new Error("no answer"), "one"], false), ["one\n", "no answer\n", "one\n"]);
        await assert.rejects(drawn([new Error("no such stack")], false), /no such stack/);
    });
});
