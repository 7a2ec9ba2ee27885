import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** The checkout: the nearest folder above this file that holds Pulumi.yaml (the bundles lie one level deeper than the sources). */
export function projectRoot(): string {
    let dir = __dirname;
    while (!fs.existsSync(path.join(dir, "Pulumi.yaml"))) {
        const parent = path.dirname(dir);
        if (parent === dir)
            throw new Error(`No Pulumi.yaml above ${__dirname}: this file must lie inside a checkout of upshift.`);
        dir = parent;
    }
    return dir;
}

/**
 * What belongs to this checkout and is made by running it: Pulumi's state, the clusters' data, the bundles. Never in git.
 *
 * @throws when a part would lead elsewhere: parts are made of names that users give, and what is found here gets removed.
 */
export function stateDir(...parts: string[]): string {
    const wrong = parts.find((part) => part === "" || path.isAbsolute(part) || part.split(/[\\/]/).includes(".."));
    if (wrong !== undefined) throw new Error(`"${wrong}" can't be a file's or a folder's name below .upshift.`);
    return path.join(projectRoot(), ".upshift", ...parts);
}

/** Whether a file or a folder is one that a checkout has made, this one or another. */
export function isFurnished(place: string): boolean {
    return `${place}${path.sep}`.includes(`${path.sep}.upshift${path.sep}`);
}

/** What any checkout of this user can share: built tools and images, a folder per version. */
export function cacheDir(...parts: string[]): string {
    return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "upshift", ...parts);
}
