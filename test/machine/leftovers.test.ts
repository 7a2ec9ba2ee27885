import * as assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { cgroupDirs, createCgroup, joinCgroup, removeCgroup, removeEmptyCgroups } from "../../cluster/embedded/cgroups";
import { clusterDown } from "../../cluster/embedded/cluster";
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

    it("is told from a cluster that lives, whose pods end while it is looked at", async () => {
        createCgroup(lives);
        const [tree = ""] = cgroupDirs(lives);
        const script = `const fs = require("node:fs");
            for (;;) {
                fs.mkdirSync(${JSON.stringify(path.join(tree, "kubepods/pod/container"))}, { recursive: true });
                for (const dir of ["kubepods/pod/container", "kubepods/pod", "kubepods"])
                    fs.rmdirSync(${JSON.stringify(`${tree}/`)} + dir);
            }`;
        const pods = spawn(process.execPath, ["-e", script]);
        await once(pods, "spawn");
        joinCgroup(lives, [pods.pid ?? 0]);
        try {
            for (let look = 0; look < 2000; look++) assert.ok(!removeEmptyCgroups().includes(lives));
        } finally {
            pods.kill("SIGKILL");
            await once(pods, "exit");
        }
    });
});

describe("what a deletion that was cut off has left", function () {
    this.timeout(60_000);
    before(function () {
        leaveOutWhereNoneRuns(this, "test-leftovers");
    });

    it("is removed by the next down of any cluster, also by one that keeps its data", async () => {
        const left = stateDir("clusters", ".removing-test-gone-0a1b2c");
        fs.mkdirSync(path.join(left, "etcd"), { recursive: true });
        await clusterDown("test-leftovers");
        assert.equal(fs.existsSync(left), false);
    });
});

describe("a cluster's folder that lies in the image of the container in which it is removed", function () {
    this.timeout(60_000);
    const folder = stateDir("targets", "unit-overlay");
    let layers: string;
    before(function () {
        leaveOutWhereNoneRuns(this, "test-leftovers");
        fs.mkdirSync(folder, { recursive: true });
        layers = fs.mkdtempSync(path.join(os.tmpdir(), "layers-"));
    });
    after(() => {
        for (const one of [folder, layers]) fs.rmSync(one, { recursive: true, force: true });
    });

    it("is removed, though it can't be renamed; its mark goes last, so that the same again removes what was cut off", async () => {
        const script = `const fs = require("node:fs");
            const { removeOwnFolder } = require(${JSON.stringify(path.join(projectRoot(), "cluster/ownFolder.ts"))});
            const folder = ${JSON.stringify(folder)};
            const rmSync = fs.rmSync;
            fs.rmSync = (place, options) => { rmSync(place, options); throw new Error("cut off"); };
            try { removeOwnFolder(["targets", "unit-overlay"], "mine"); } catch {}
            const rest = fs.readdirSync(folder + "/mine");
            fs.rmSync = rmSync;
            const isRemoved = removeOwnFolder(["targets", "unit-overlay"], "mine");
            console.log(JSON.stringify([rest, isRemoved, fs.readdirSync(folder)]));`;
        // Of its own, for the project may lie in the temporary folder itself.
        const [lower, upper, work] = ["lower", "upper", "work"].map((one) => path.join(layers, one));
        const mounts = [
            `mount -t tmpfs none ${layers} && mkdir -p ${lower}/mine ${upper} ${work}`,
            `touch ${lower}/mine/.made-by-upshift ${lower}/mine/etcd`,
            `mount -t overlay -o lowerdir=${lower},upperdir=${upper},workdir=${work} overlay ${folder}`,
            'exec "$0" --import tsx --eval "$1"',
        ];
        const args = ["--mount", "sh", "-c", mounts.join(" && "), process.execPath, script];
        const { stdout } = await run("unshare", args, { cwd: projectRoot() });
        assert.deepEqual(JSON.parse(stdout), [[".made-by-upshift"], true, []]);
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
