import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { GoBuilds } from "../../cluster/setup/goBuilds";
import type { GoTool } from "../../cluster/tools/manifest";
import { madePath, toolNamed } from "../../cluster/tools/tools";

/** With Go itself; the smallest of our programs stands for the tools. */
describe("tools that are built side by side", function () {
    this.timeout(300_000);
    let cache: string;
    const before = process.env.XDG_CACHE_HOME;
    const pause = toolNamed("pause") as GoTool;
    const named = (name: string): GoTool => ({ ...pause, name });

    beforeEach(() => {
        cache = fs.mkdtempSync(path.join(os.tmpdir(), "builds-"));
        // What Go has compiled before stays where it is.
        process.env.GOCACHE ??= path.join(before ?? path.join(os.homedir(), ".cache"), "go-build");
        process.env.XDG_CACHE_HOME = cache;
    });
    afterEach(() => {
        if (before === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = before;
        fs.rmSync(cache, { recursive: true });
    });

    it("are all there in the end, each whole", async () => {
        const tools = ["one", "two", "three"].map(named);
        const builds = new GoBuilds(() => tools);
        await Promise.all(tools.map((tool) => builds.build(tool, () => {})));
        for (const tool of tools) fs.accessSync(madePath(tool), fs.constants.X_OK);
        const folders = fs.readdirSync(path.join(cache, "upshift", "tools"));
        assert.equal(folders.length, tools.length, folders.join());
    });

    it("don't wait for one that can't be built, which leaves nothing", async () => {
        const broken = { ...named("broken"), package: "./nowhere" };
        const tools = [named("one"), broken, named("two")];
        const builds = new GoBuilds(() => tools);
        const ends = await Promise.allSettled(tools.map((tool) => builds.build(tool, () => {})));
        assert.deepEqual(
            ends.map(({ status }) => status),
            ["fulfilled", "rejected", "fulfilled"],
        );
        assert.match(String((ends[1] as PromiseRejectedResult).reason), /go list .*nowhere/);
        assert.ok(!fs.existsSync(path.dirname(madePath(broken))));
    });

    it("are compiled one after the other, in the order in which they were asked for", async () => {
        const tools = ["one", "two", "three"].map(named);
        const said: string[] = [];
        const builds = new GoBuilds(() => tools);
        const build = (tool: GoTool): Promise<void> =>
            builds.build(tool, (text) => {
                if (text === "compiling") said.push(tool.name);
            });
        await Promise.all(tools.map(build));
        assert.deepEqual(said, ["one", "two", "three"]);
    });
});
