import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { programFor } from "../../rollout/program";
import { ownCli } from "../../systems/cli";
import { besideData } from "../../systems/play/besideData";
import { installedCli, type InstalledCli, splitInState } from "../support/installedCli";

/** Commands whose output is no words about a stack: it is another program's, a shell's, or what somebody asked for letter by letter. */
const others = ["comment", "metrics", "setup", "start", "cluster", "call"];

describe("what a command prints with --json", function () {
    this.timeout(60_000);

    it("can be asked of every command that is about a stack", async () => {
        const { commands } = await programFor("", ownCli);
        const without = commands.filter(({ options }) => !options.some(({ long }) => long === "--json"));
        assert.deepEqual(without.map((command) => command.name()).sort(), [...others].sort());
    });
    describe("in a project of one's own", () => {
        let cli: InstalledCli;
        before(async () => {
            cli = await installedCli();
            cli.applied(splitInState());
            fs.writeFileSync(cli.config, "config:\n  theirs:release: { web: { to: v2 } }\n");
        });
        after(() => cli?.remove());

        for (const word of ["pause", "resume", "promote"])
            it(`is JSON of a word to a release: ${word}`, async () => {
                const { code, stdout, stderr } = await cli.run(`${word} web --cwd ../theirs --json`);
                assert.equal(code, 0, stderr);
                const said = JSON.parse(stdout) as { word: string; service: string; words: string };
                assert.deepEqual([said.word, said.service], [word, "web"]);
                assert.match(said.words, /^(web |What web waits for)/);
            });
        it("has an error in parts, also of a step that can't be judged", async () => {
            const { code, stdout } = await cli.run("guard --cwd ../absent --json");
            assert.equal(code, 2);
            const { judged, error } = JSON.parse(stdout) as { judged: boolean; error: { what: string; fix: string } };
            assert.equal(judged, false);
            assert.match(error.what, /^There is no folder /);
            assert.match(error.fix, /^ls /);
        });
    });
    it("is all that stands on standard output, whatever tells of its progress meanwhile", async () => {
        const [out, err]: [string[], string[]] = [[], []];
        const real = { out: process.stdout.write, err: process.stderr.write };
        const noting = (said: string[]) => (text: string | Uint8Array) => said.push(text.toString()) > 0;
        process.stdout.write = noting(out);
        process.stderr.write = noting(err);
        try {
            await besideData(async () => {
                await Promise.resolve();
                console.log("measuring");
            });
            await besideData(() => Promise.reject(new Error("no cluster"))).catch(() => undefined);
            console.log("[]");
        } finally {
            process.stdout.write = real.out;
            process.stderr.write = real.err;
        }
        assert.deepEqual([out, err], [["[]\n"], ["measuring\n"]]);
    });
});
