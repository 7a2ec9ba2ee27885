import * as fs from "node:fs";
import { settle } from "../wholeFile.mjs";

/**
 * Makes a folder as a whole: `work` fills a draft, which gets its name when all of it is there. After a failure nothing
 * is left; after a kill the draft is, and never passes for the finished folder.
 */
export async function makeFolder(folder: string, work: (draft: string) => Promise<void> | void): Promise<void> {
    const draft = draftOf(folder);
    fs.rmSync(draft, { recursive: true, force: true });
    fs.mkdirSync(draft, { recursive: true });
    try {
        await work(draft);
        settle(draft);
        fs.renameSync(draft, folder);
    } finally {
        fs.rmSync(draft, { recursive: true, force: true });
    }
}

/** What a file or a folder is called as long as it is not whole. */
export function draftOf(place: string): string {
    return `${place}${draftSuffix}`;
}

/** Removes the drafts that killed processes left in a folder. Only for the holder of the lock. */
export function clearDrafts(folder: string): void {
    if (!fs.existsSync(folder)) return;
    const drafts = fs.readdirSync(folder).filter((name) => name.endsWith(draftSuffix));
    for (const name of drafts) fs.rmSync(`${folder}/${name}`, { recursive: true, force: true });
}

const draftSuffix = ".tmp";
