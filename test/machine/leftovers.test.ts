import * as assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { cgroupDirs, createCgroup, joinCgroup, removeCgroup, removeEmptyCgroups } from "../../cluster/embedded/cgroups";
import { projectRoot, stateDir } from "../../cluster/paths";
import { leaveOutWhereNoneRuns } from "../support/embedded";

const run = promisify(execFile);
const killed = "upshift-unit-killed-0a1b2c";
const lives = "upshift-unit-lives-0a1b2c";

describe("what a killed cluster leaves on the machine", function () {
    this.timeout(600_000);
    before(function () {
        leaveOutWhereNoneRuns(this, "test-leftovers");
    });
    afterEach(() => Promise.all([killed, lives].map((name) => removeCgroup(name))));

    it("is removed, in every tree of control groups, also in those that only container runtimes use", () => {
        createCgroup(killed);
        const trees = fs.readFileSync("/proc/self/mounts", "utf8").split("\n");
        const hybrid = trees.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2")?.[1];
        if (hybrid) fs.mkdirSync(path.join(hybrid, killed, "kubepods", "besteffort"), { recursive: true });
        assert.ok(removeEmptyCgroups().includes(killed));
        assert.deepEqual(cgroupDirs(killed), []);
    });

    it("is left alone while any process lives in it", async () => {
        createCgroup(lives);
        const child = spawn("sleep", ["60"]);
        await once(child, "spawn");
        joinCgroup(lives, [child.pid ?? 0]);
        assert.ok(!removeEmptyCgroups().includes(lives));
        assert.notDeepEqual(cgroupDirs(lives), []);
        child.kill("SIGKILL");
        await once(child, "exit");
    });
});

describe("a machine that a cluster can't come up on", function () {
    this.timeout(600_000);
    before(function () {
        leaveOutWhereNoneRuns(this, "test-leftovers");
    });
    after(() => fs.rmSync(stateDir("clusters", "test-read-only"), { recursive: true, force: true }));

    /** `upshift cluster up`, with mounts of its own that were changed before. */
    async function upAfter(mounts: string): Promise<string> {
        const up = `${mounts} && exec ${process.execPath} bin/upshift.mjs cluster up --target embedded --name test-read-only`;
        const failed = run("unshare", ["--mount", "sh", "-c", up], { cwd: projectRoot(), timeout: 30_000 });
        const { code, stderr } = (await failed.then(
            () => assert.fail("it came up"),
            (error: unknown) => error,
        )) as { code: number | null; stderr: string };
        assert.equal(code, 1, `it must end by itself, with 1: ${stderr}`);
        return stderr;
    }

    it("says that control groups are read-only, with the fix, and ends", async () => {
        const said = await upAfter(
            "mount -o bind,remount,ro $(awk '$3 ~ /^cgroup2?$/ { print $2; exit }' /proc/self/mounts)",
        );
        assert.match(
            said,
            /No control group can be made in \/sys\/fs\/cgroup\S*: it is read-only\.\n\s+fix: in a container/,
        );
    });

    it("says that there are none, where another mount covers them, and ends", async () => {
        const said = await upAfter("mount -t tmpfs -o ro none /sys/fs/cgroup");
        assert.match(said, /No control groups are mounted.*\n\s+fix: /);
    });
});
