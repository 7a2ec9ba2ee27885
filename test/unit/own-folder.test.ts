import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { targets } from "../../cluster/setup/target.mjs";
import { makeOwnFolder, removeOwnFolder } from "../../cluster/ownFolder";
import { projectRoot, stateDir } from "../../cluster/paths";
import { targetOfStack } from "../../systems/checkout/target";

const below = ["targets", "unit-test"];
const folder = stateDir(...below, "mine");
const elsewhere = stateDir("unit-test-elsewhere");

/** The folders that are there, whatever they are called. */
const left = (): string[] => fs.readdirSync(stateDir(...below));

describe("a folder that upshift removes", () => {
    afterEach(() => {
        for (const made of [stateDir(...below), elsewhere]) fs.rmSync(made, { recursive: true, force: true });
    });

    it("is one that it made", () => {
        makeOwnFolder(below, "mine");
        fs.writeFileSync(path.join(folder, "kubeconfig"), "");
        assert.equal(removeOwnFolder(below, "mine"), true);
        assert.equal(fs.existsSync(folder), false);
        assert.equal(removeOwnFolder(below, "mine"), false);
    });

    it("is never one that does not carry its mark", () => {
        fs.mkdirSync(folder, { recursive: true });
        fs.writeFileSync(path.join(folder, "thesis.tex"), "");
        assert.throws(
            () => removeOwnFolder(below, "mine"),
            /was not removed: it does not carry upshift's mark[^]*fix:/,
        );
        assert.ok(fs.existsSync(path.join(folder, "thesis.tex")));
    });

    it("is never a link, whatever it leads to", () => {
        makeOwnFolder(below, "other");
        fs.cpSync(stateDir(...below, "other"), elsewhere, { recursive: true });
        fs.symlinkSync(elsewhere, folder);
        assert.throws(() => removeOwnFolder(below, "mine"), /it is not a folder/);
        assert.ok(fs.existsSync(path.join(elsewhere, ".made-by-upshift")));
    });

    it("never lies elsewhere because a folder above it is a link", () => {
        makeOwnFolder(below, "mine");
        fs.renameSync(stateDir(...below), elsewhere);
        fs.symlinkSync(path.join(elsewhere, "mine"), stateDir(...below));
        fs.mkdirSync(path.join(elsewhere, "mine", "mine"));
        assert.throws(() => removeOwnFolder(below, "mine"), /does not carry upshift's mark/);
        fs.rmSync(stateDir(...below));
    });

    describe("and whose removal was killed in the middle of it", function () {
        this.timeout(60_000);

        beforeEach(() => {
            makeOwnFolder(below, "mine");
            for (const part of ["cluster.json", "containerd/blob", "etcd/wal"]) {
                fs.mkdirSync(path.dirname(path.join(folder, part)), { recursive: true });
                fs.writeFileSync(path.join(folder, part), "");
            }
            // Killed when its marks and one folder are gone, the others not yet.
            const script = `const fs = require("node:fs");
                const rmSync = fs.rmSync;
                fs.rmSync = (place) => {
                    for (const part of [".made-by-upshift", "cluster.json", "containerd"])
                        rmSync(place + "/" + part, { recursive: true });
                    process.kill(process.pid, "SIGKILL");
                };
                require(${JSON.stringify(path.resolve("cluster/ownFolder.ts"))}).removeOwnFolder(${JSON.stringify(below)}, "mine");`;
            const { signal, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--eval", script]);
            assert.equal(signal, "SIGKILL", stderr.toString());
        });

        it("is no cluster any more: its name is free, and what is left has a name that none can have", () => {
            assert.equal(fs.existsSync(folder), false);
            const [rest = "", ...others] = left();
            assert.deepEqual([fs.readdirSync(stateDir(...below, rest)), others], [["etcd"], []]);
            assert.throws(() => makeOwnFolder(below, rest), /can't be a cluster's name/);
        });

        it("is removed whole by the same again", () => {
            assert.equal(removeOwnFolder(below, "mine"), true);
            assert.deepEqual(left(), []);
            assert.equal(removeOwnFolder(below, "mine"), false);
        });

        it("is removed by the next removal of another's, which was not there", () => {
            assert.equal(removeOwnFolder(below, "other"), false);
            assert.deepEqual(left(), []);
        });

        it("is removed by the next up, which begins with an empty one", () => {
            makeOwnFolder(below, "mine");
            assert.deepEqual(left(), ["mine"]);
            assert.deepEqual(fs.readdirSync(folder), [".made-by-upshift"]);
        });
    });

    it("is never a link that is called as one that is being removed, nor what only resembles it", () => {
        makeOwnFolder(below, "other");
        fs.renameSync(stateDir(...below, "other"), elsewhere);
        fs.symlinkSync(elsewhere, stateDir(...below, ".removing-mine-0a1b2c"));
        for (const name of [".removing-mine", ".removing-mine-0a1b2c.txt", "removing-mine-0a1b2c"])
            fs.mkdirSync(stateDir(...below, name));
        assert.equal(removeOwnFolder(below, "mine"), false);
        assert.equal(left().length, 4);
        assert.ok(fs.existsSync(path.join(elsewhere, ".made-by-upshift")));
    });

    for (const name of ["../../..", "..", "", ".", "a/b", "/", "a/../../..", "\\..\\.."]) {
        it(`is never called ${JSON.stringify(name)}`, () => {
            assert.throws(() => removeOwnFolder(below, name), /can't be a cluster's name[^]*fix:/);
            assert.throws(() => makeOwnFolder(below, name), /can't be a cluster's name/);
            for (const target of targets)
                assert.throws(() => targetOfStack("dev", { target, name }), /can't be a cluster's name/, target);
        });
    }

    it("lies below .upshift, however its name was put together", () => {
        for (const part of ["..", "../..", "a/../../b", "", "/etc", "..\\.."])
            assert.throws(
                () => stateDir("clusters", part),
                /can't be a file's or a folder's name below \.upshift/,
                part,
            );
        assert.equal(stateDir("clusters", "a"), path.join(projectRoot(), ".upshift", "clusters", "a"));
    });
});
