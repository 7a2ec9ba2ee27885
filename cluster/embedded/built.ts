import * as fs from "node:fs";
import { imageArchive } from "../images/ensure";
import { images } from "../images/images";
import { reference } from "../images/tag";
import { toolPath } from "../tools/tools";
import type { Progress } from "./follow";
import { importImages, type ImageArchive } from "./images";
import { clusterDir } from "./layout";
import { UserError } from "../../components/userError";

/** Gives a cluster that runs the images that were built since. @param pid a process in the cluster's mount namespace */
export async function bringImages(name: string, pid: number, onProgress: (progress: Progress) => void): Promise<void> {
    const ctr = ["nsenter", `--mount=/proc/${pid}/ns/mnt`, "--", toolPath("ctr")] as const;
    const brought = await importImages({ ctr, dir: clusterDir(name) }, builtImages());
    if (brought.length > 0) onProgress({ kind: "note", text: `New images: ${brought.join(", ")}` });
}

/** The images that set-up has built so far. */
export function builtImages(): ImageArchive[] {
    return images()
        .map((image) => ({ reference: reference(image), archive: imageArchive(`${image.name}:${image.tag}`) }))
        .filter(({ archive }) => fs.existsSync(archive));
}

/** An image by its name. @throws when set-up has not built it */
export function builtImage(name: string): ImageArchive {
    const image = builtImages().find((candidate) => candidate.archive === imageArchive(name));
    if (image !== undefined) return image;
    throw new UserError({ what: `The image ${name} is not built yet.`, fix: "npx upshift setup" });
}
