import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { buildArchive } from "../../cluster/images/archive";
import { imageArchive } from "../../cluster/images/ensure";
import { images, type ImageSpec } from "../../cluster/images/images";
import { librariesIn } from "../../cluster/images/libraries";
import { reference } from "../../cluster/images/tag";

describe("images", () => {
    it("gives every image another archive, and pilot and proxyv2 the same tag", () => {
        const archives = images().map((image) => imageArchive(`${image.name}:${image.tag}`));
        assert.equal(new Set(archives).size, images().length);
        const [pilot, proxy] = ["pilot", "proxyv2"].map((name) => images().find((image) => image.name === name)?.tag);
        assert.equal(pilot, proxy);
    });

    it("names the known ones when asked for another", () => {
        assert.throws(() => imageArchive("nginx"), /No image is called nginx; there are upshift\.local\/pause:1/);
    });
});

describe("librariesIn", () => {
    it("reads libraries and the loader from ldd's answer, each once", () => {
        const answer = [
            "/usr/sbin/a:",
            "\tlinux-vdso.so.1 (0x00007ffd)",
            "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f01)",
            "\t/lib64/ld-linux-x86-64.so.2 (0x00007f02)",
            "/usr/sbin/b:",
            "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f03)",
            "\tstatically linked",
        ];
        assert.deepEqual(librariesIn(answer.join("\n")), [
            "/lib/x86_64-linux-gnu/libm.so.6",
            "/lib64/ld-linux-x86-64.so.2",
        ]);
    });

    it("refuses a program of which a library is missing", () => {
        assert.throws(() => librariesIn("\tlibnftnl.so.11 => not found"), /libnftnl\.so\.11 is missing/);
    });
});

describe("buildArchive", () => {
    let folder: string;
    before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "image-"))));
    after(() => fs.rmSync(folder, { recursive: true }));

    const image = (): ImageSpec => ({
        name: "hello",
        tag: "1",
        parts: [
            { to: "/bin/hello", from: path.join(folder, "hello") },
            { to: "/bin/hi", link: "hello" },
            { to: "/etc/passwd", text: "root:x:0:0:::\n" },
            { to: "/tmp", mode: 0o1777 },
        ],
        entrypoint: ["/bin/hello"],
        user: "10001:10001",
        env: { GREETING: "hi" },
    });
    const tar = (...args: string[]): string => execFileSync("tar", args, { encoding: "utf8", maxBuffer: 1 << 20 });
    const archive = (): string => path.join(folder, "hello.tar");

    it("writes one layer, its configuration and the image's name", async function () {
        if (process.platform !== "linux") this.skip();
        fs.writeFileSync(path.join(folder, "hello"), "#!/bin/sh\n", { mode: 0o700 });
        await buildArchive(image(), archive());
        const [manifest] = JSON.parse(tar("-xOf", archive(), "manifest.json")) as [
            { RepoTags: string[]; Config: string },
        ];
        assert.deepEqual(manifest.RepoTags, [reference(image())]);
        const config = JSON.parse(tar("-xOf", archive(), manifest.Config)) as {
            config: { User: string; Entrypoint: string[] };
            rootfs: { diff_ids: string[] };
        };
        assert.deepEqual([config.config.User, config.config.Entrypoint], ["10001:10001", ["/bin/hello"]]);
        const layer = execFileSync("tar", ["-xOf", archive(), "layer.tar"]);
        const digest = crypto.createHash("sha256").update(layer).digest("hex");
        assert.deepEqual(config.rootfs.diff_ids, [`sha256:${digest}`]);
    });

    it("lets everyone read what is in it, keeps links, and belongs to root", async function () {
        if (process.platform !== "linux") this.skip();
        tar("-C", folder, "-xf", archive(), "layer.tar");
        const listed = tar("--numeric-owner", "-tvf", path.join(folder, "layer.tar"));
        for (const line of [
            /^-rwxr-xr-x 0\/0 .*\.\/bin\/hello$/m,
            /\.\/bin\/hi -> hello$/m,
            /^drwxrwxrwt 0\/0 .*\.\/tmp\/$/m,
        ]) {
            assert.match(listed, line);
        }
    });

    it("gives the same bytes again, and leaves nothing else behind", async function () {
        if (process.platform !== "linux") this.skip();
        const before = fs.readFileSync(archive());
        fs.utimesSync(path.join(folder, "hello"), 1, 1);
        await buildArchive(image(), archive());
        assert.ok(before.equals(fs.readFileSync(archive())));
        assert.deepEqual(
            fs.readdirSync(folder).filter((name) => name.startsWith("hello.tar.")),
            [],
        );
    });
});
