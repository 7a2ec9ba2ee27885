import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../setup/run";
import type { ImageSpec } from "./images";
import { settle } from "../wholeFile.mjs";
import { layOut } from "./rootfs";
import { reference } from "./tag";

/** Who owns files and when they were made is the same each time, so that the same parts give the same bytes. */
const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];

/**
 * Writes an image as an archive that `ctr images import` (and `docker load`) take: one layer, its configuration and a
 * list of both.
 *
 * Two runs of tar, and no image builder: buildah takes as long for the same three files, has a store, locks and mounts
 * that outlive it when it is killed, and its bytes differ from run to run.
 */
export async function buildArchive(image: ImageSpec, archive: string): Promise<void> {
    const draft = `${archive}.tmp`;
    fs.rmSync(draft, { recursive: true, force: true });
    fs.mkdirSync(draft);
    try {
        const whole = await writeArchive(image, draft);
        settle(whole);
        fs.renameSync(whole, archive);
    } finally {
        fs.rmSync(draft, { recursive: true, force: true });
    }
}

async function writeArchive(image: ImageSpec, draft: string): Promise<string> {
    const [root, content] = [path.join(draft, "root"), path.join(draft, "content")];
    fs.mkdirSync(root);
    fs.mkdirSync(content);
    await layOut(image.parts, root);
    await run("tar", ["-C", root, ...reproducible, "-cf", path.join(content, "layer.tar"), "."]);
    const config = JSON.stringify(configuration(image, await sha256(path.join(content, "layer.tar"))));
    const configName = `${crypto.createHash("sha256").update(config).digest("hex")}.json`;
    const manifest = [{ Config: configName, RepoTags: [reference(image)], Layers: ["layer.tar"] }];
    fs.writeFileSync(path.join(content, configName), config);
    fs.writeFileSync(path.join(content, "manifest.json"), JSON.stringify(manifest));
    const whole = path.join(draft, "whole.tar");
    await run("tar", ["-C", content, ...reproducible, "-cf", whole, "manifest.json", configName, "layer.tar"]);
    return whole;
}

const binaries = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The image's configuration in the form of the OCI image specification. */
export function configuration(image: ImageSpec, layer: string): object {
    return {
        created: "1970-01-01T00:00:00Z",
        architecture: process.arch === "x64" ? "amd64" : process.arch,
        os: "linux",
        config: {
            Entrypoint: image.entrypoint,
            Env: Object.entries({ PATH: binaries, ...image.env }).map(([name, value]) => `${name}=${value}`),
            WorkingDir: "/",
            ...(image.user && { User: image.user }),
        },
        rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
        history: [{ created: "1970-01-01T00:00:00Z", created_by: "upshift setup" }],
    };
}

async function sha256(file: string): Promise<string> {
    const hash = crypto.createHash("sha256");
    await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash);
    return hash.digest("hex");
}
