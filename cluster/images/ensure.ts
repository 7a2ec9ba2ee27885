import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheDir } from "../paths";
import { buildArchive } from "./archive";
import { images, type ImageSpec, type Part } from "./images";
import { reference } from "./tag";

/**
 * The archive of an image, to be imported into the cluster. Its name changes with what is in it, also where the tag
 * stays (`demo:v1` after its source changed).
 *
 * @param name such as `proxyv2`, or `demo:v1` where there are several tags.
 */
export function imageArchive(name: string): string {
    const image = images().find((candidate) => [candidate.name, `${candidate.name}:${candidate.tag}`].includes(name));
    if (!image) throw new Error(`No image is called ${name}; there are ${images().map(reference).join(", ")}.`);
    return archiveOf(image);
}

/** The images that are still to be built. */
export function missingImages(): ImageSpec[] {
    return images().filter((image) => !fs.existsSync(archiveOf(image)));
}

/** Builds the images that aren't there. Tools and Istio's files must be there already. */
export async function ensureImages(onProgress: (text: string) => void): Promise<void> {
    fs.mkdirSync(cacheDir("images"), { recursive: true });
    for (const image of missingImages()) {
        onProgress(reference(image));
        await buildArchive(image, archiveOf(image));
    }
}

function archiveOf(image: ImageSpec): string {
    const recipe = { ...image, parts: image.parts.map(identity) };
    const hash = crypto.createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 8);
    return cacheDir("images", `${image.name}-${image.tag}-${hash}.tar`);
}

/**
 * What tells one state of a part from another. Made tools have a hash in their path; of the machine's own files size
 * and time are enough. The libraries are not looked at: asking takes longer than all the rest, and a copy that is a
 * security update behind still fits the program beside it.
 */
function identity(part: Part): object {
    if (!("from" in part)) return part;
    if (part.from.startsWith(cacheDir() + path.sep)) return { ...part, from: path.relative(cacheDir(), part.from) };
    const { size, mtimeMs } = fs.statSync(part.from, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    return { ...part, size, mtimeMs };
}
