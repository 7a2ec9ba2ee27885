import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { authority } from "../../cluster/embedded/certificates";
import { databaseOf, databaseOrder, isDatabaseOrdered } from "../../cluster/embedded/database/order";
import { importImages } from "../../cluster/embedded/images";
import { clusterDir } from "../../cluster/embedded/layout";
import { readJson, rewriteWhole, settle, writeWhole } from "../../cluster/wholeFile.mjs";

describe("a file that is read again", () => {
    let folder: string;
    let file: string;
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "whole-"));
        file = path.join(folder, "a", "b.json");
    });
    afterEach(() => fs.rmSync(folder, { recursive: true }));
    const mode = (of: string): string => (fs.statSync(of).mode & 0o777).toString(8);

    it("is readable by its owner alone, as are the folders made for it, unless all may", () => {
        writeWhole(file, "{}");
        assert.deepEqual([mode(file), mode(path.dirname(file))], ["600", "700"]);
        fs.chmodSync(file, 0o666);
        writeWhole(file, "{}");
        assert.equal(mode(file), "600");
        writeWhole(path.join(folder, "c", "d"), "", { readableBy: "all" });
        assert.deepEqual([mode(path.join(folder, "c", "d")), mode(path.join(folder, "c"))], ["644", "755"]);
    });

    for (const allowed of [0o600, 0o640, 0o664])
        it(`stays for those who might read and write it, where it is only rewritten: ${allowed.toString(8)}`, () => {
            writeWhole(file, "{}");
            fs.chmodSync(file, allowed);
            rewriteWhole(file, "new");
            assert.deepEqual([fs.readFileSync(file, "utf8"), mode(file)], ["new", allowed.toString(8)]);
        });

    it("keeps what was in it when it can't be written, says its name, and leaves no draft", () => {
        fs.mkdirSync(path.join(file, "in the way"), { recursive: true });
        assert.throws(() => writeWhole(file, "new"), new RegExp(`^Error: ${file} can't be written: EISDIR|ENOTEMPTY`));
        assert.deepEqual(fs.readdirSync(path.dirname(file)), ["b.json"]);
    });

    it("is never seen half by a reader, nor left half by a writer that is killed", async function () {
        this.timeout(20_000);
        const [one, two] = ["1", "2"].map((digit) => digit.repeat(3_000_000)) as [string, string];
        writeWhole(file, one);
        const script = `import { writeWhole } from ${JSON.stringify(path.resolve("cluster/wholeFile.mjs"))};
            console.log("begun");
            for (;;) for (const digit of "21") writeWhole(${JSON.stringify(file)}, digit.repeat(3_000_000));`;
        const writer = spawn(process.execPath, ["--input-type=module", "-e", script]);
        await once(writer.stdout, "data");
        const seen = new Set<string>();
        const deadline = Date.now() + 15_000;
        while (seen.size < 2 && Date.now() < deadline) seen.add(fs.readFileSync(file, "utf8"));
        writer.kill("SIGKILL");
        await once(writer, "exit");
        seen.add(fs.readFileSync(file, "utf8"));
        assert.deepEqual(
            [...seen].sort().map((text) => text === one || text === two),
            [true, true],
        );
    });

    it("counts as not there where it is torn or holds something else", () => {
        assert.equal(readJson(file), undefined);
        fs.mkdirSync(path.dirname(file));
        for (const text of ["", '{"a": ', "null", "7"]) {
            fs.writeFileSync(file, text);
            assert.equal(readJson(file), undefined, text);
        }
        writeWhole(file, '{"a": 1}');
        assert.deepEqual(readJson(file), { a: 1 });
    });

    it("is settled with all that is in its folder, links or not", () => {
        writeWhole(file, "text");
        fs.symlinkSync("nowhere", path.join(folder, "link"));
        settle(folder);
    });

    it("of the images that were imported is made again where it is torn: every image is imported anew", async () => {
        fs.mkdirSync(path.join(folder, "containerd"));
        const calls = path.join(folder, "calls");
        const ctr = path.join(folder, "ctr");
        fs.writeFileSync(
            ctr,
            `#!/bin/sh\nprintf '%s\\n' "$5 $6 $7" >> ${calls}\n[ "$6" = ls ] && echo demo:v1\nexit 0\n`,
            {
                mode: 0o755,
            },
        );
        const ledger = path.join(folder, "containerd", "imported.json");
        const images = [{ reference: "demo:v1", archive: "/cache/demo-1.tar" }];
        fs.writeFileSync(ledger, "");
        assert.deepEqual(await importImages({ ctr: [ctr], dir: folder }, images), ["demo:v1"]);
        assert.deepEqual(readJson(ledger), { "demo:v1": "demo-1.tar" });
        assert.deepEqual(await importImages({ ctr: [ctr], dir: folder }, images), []);
        assert.match(
            fs.readFileSync(calls, "utf8"),
            /^images ls -q\nimages import \/cache\/demo-1\.tar\nimages ls -q\n$/,
        );
    });

    it("of an authority is named where it is torn, with the way on, and not made anew over the cluster's data", async () => {
        await authority(folder, "ca");
        fs.writeFileSync(path.join(folder, "ca.key"), "");
        await assert.rejects(authority(folder, "ca"), /pki\/ca\.crt and \.key .*\n {2}fix: .*cluster down --delete/);
    });

    it("of an authority is made anew where a crash has left a key without its certificate", async () => {
        const first = await authority(folder, "ca");
        fs.rmSync(path.join(folder, "ca.crt"));
        const second = await authority(folder, "ca");
        assert.notEqual(second.key, first.key);
    });

    describe("of a database's order", () => {
        const cluster = "unit-test-order";
        const place = (name: string): string => clusterDir(cluster, "database", name);
        afterEach(() => fs.rmSync(clusterDir(cluster), { recursive: true, force: true }));

        it("says that there is a database also where it is torn, so that no plan removes it", () => {
            fs.mkdirSync(path.dirname(place("order.json")), { recursive: true });
            assert.equal(databaseOf(cluster), undefined);
            fs.writeFileSync(place("order.json"), "");
            fs.writeFileSync(place("password"), "0123456789abcdefghij");
            assert.equal(databaseOrder(clusterDir(cluster)), undefined);
            assert.equal(isDatabaseOrdered(cluster), true);
            assert.equal(databaseOf(cluster)?.password, "0123456789abcdefghij");
        });

        it("is told by name, with the fix, where its password is torn", () => {
            writeWhole(place("order.json"), "{}");
            writeWhole(place("password"), "");
            assert.throws(
                () => databaseOf(cluster),
                /database\/password holds no password[^]*fix: .*cluster down .* cluster up/,
            );
        });
    });
});
