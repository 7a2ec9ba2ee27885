import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../cluster/paths";
import { leaveOutWhereNoneRuns } from "../support/embedded";

const run = promisify(execFile);

describe("on a full disk", function () {
    this.timeout(600_000);
    let folder: string;
    before(function () {
        leaveOutWhereNoneRuns(this, "test-full-disk");
    });
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "full-"))));
    afterEach(() => fs.rmSync(folder, { recursive: true }));

    /** Runs a script with `disk`, a folder on a disk of its own that gets full by `fill()`, and gives what it prints as JSON. */
    async function withFullDisk(script: string): Promise<unknown> {
        const file = path.join(folder, "script.cjs");
        const disk = path.join(folder, "disk");
        fs.mkdirSync(disk);
        fs.writeFileSync(
            file,
            `const fs = require("node:fs");
            const ours = (name) => require(${JSON.stringify(projectRoot())} + "/cluster/" + name);
            const disk = ${JSON.stringify(disk)};
            const fill = () => { try { for (;;) fs.appendFileSync(disk + "/rest", Buffer.alloc(4096)); } catch {} };
            (async () => { ${script} })().catch((error) => { console.error(error); process.exit(1); });`,
        );
        const mounted = `mount -t tmpfs -o size=128k none ${disk} && exec ${process.execPath} --import tsx ${file}`;
        const { stdout } = await run("unshare", ["--mount", "sh", "-c", mounted], { cwd: projectRoot() });
        return JSON.parse(stdout);
    }

    it("keeps what was in a file that can't be written, and says what to do", async () => {
        const [text, message, files] = (await withFullDisk(`
            const { writeWhole } = ours("wholeFile.mjs");
            writeWhole(disk + "/state.json", "old");
            fill();
            let message = "";
            try { writeWhole(disk + "/state.json", "new".repeat(3000)); } catch (error) { message = error.message; }
            console.log(JSON.stringify([fs.readFileSync(disk + "/state.json", "utf8"), message, fs.readdirSync(disk)]));
        `)) as [string, string, string[]];
        assert.equal(text, "old");
        assert.match(message, /disk\/state\.json can't be written: ENOSPC.*\n {2}fix: make room/);
        assert.deepEqual(files.sort(), ["rest", "state.json"]);
    });

    it("takes and frees a lock, so that a cluster can be stopped", async () => {
        const done = await withFullDisk(`
            const { withLock } = ours("setup/lock.mjs");
            fill();
            const work = async () => fs.readdirSync(disk).includes("a.lock");
            const held = await withLock(disk + "/a.lock", "which is tested", work, console.error);
            console.log(JSON.stringify([held, fs.readdirSync(disk)]));
        `);
        assert.deepEqual(done, [true, ["rest"]]);
    });

    it("says that a deletion which was cut off has left something on it, and what removes that", async () => {
        const fixes = (await withFullDisk(`
            const { machineFindings } = ours("embedded/machine.ts");
            const { stateDir } = ours("paths.ts");
            fs.mkdirSync(stateDir("clusters"), { recursive: true });
            require("node:child_process").execFileSync("mount", ["--bind", disk, stateDir("clusters")]);
            const fix = () => machineFindings("mine").find(({ what }) => what.includes("is full")).fix;
            const before = fix();
            fs.mkdirSync(stateDir("clusters", ".removing-other-0a1b2c"));
            console.log(JSON.stringify([before, fix()]));
        `)) as string[];
        assert.deepEqual(fixes, [
            "make room (df -h shows where)",
            "npx upshift cluster down --name mine, which removes what a deletion that was cut off has left there",
        ]);
    });

    it("cuts a log that has filled it to its last lines, and has room again", async () => {
        const done = await withFullDisk(`
            const { boundLog } = ours("embedded/logs.ts");
            const log = disk + "/part.log";
            const descriptor = fs.openSync(log, "a");
            try { for (;;) fs.writeSync(descriptor, "a line\\n"); } catch {}
            boundLog(log, { cutAt: 65536, keep: 4096 });
            fs.writeSync(descriptor, "\\nlast\\n");
            const { size } = fs.statSync(log);
            console.log(JSON.stringify([size > 4000 && size < 4200, fs.readFileSync(log, "utf8").trim().split("\\n").at(-1)]));
        `);
        assert.deepEqual(done, [true, "last"]);
    });
});
