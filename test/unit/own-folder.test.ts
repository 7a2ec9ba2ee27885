import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { targets } from "../../cluster/setup/target.mjs";
import { makeOwnFolder, removeOwnFolder } from "../../cluster/ownFolder";
import { projectRoot, stateDir } from "../../cluster/paths";
import { targetOfStack } from "../../systems/checkout/target";

const below = ["targets", "unit-test"];
const folder = stateDir(...below, "mine");
const elsewhere = stateDir("unit-test-elsewhere");

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
