import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { UserError } from "../components/userError";

/** Set where the npm package is built. */
declare const UPSHIFT_INSTALLED: boolean | undefined;

/** Whether this runs from a checkout, which has state, plugins and clusters of its own; else from an installed npm package. */
export function isCheckout(): boolean {
    return typeof UPSHIFT_INSTALLED === "undefined";
}

/**
 * The checkout: the nearest folder above this file that holds Pulumi.yaml (the bundles lie one level deeper than the sources). Of an
 * installed package it is the project of whoever runs it.
 *
 * @throws when there is none.
 */
export function projectRoot(): string {
    const from = isCheckout() ? __dirname : process.cwd();
    let dir = from;
    while (!fs.existsSync(path.join(dir, "Pulumi.yaml"))) {
        const parent = path.dirname(dir);
        if (parent === dir)
            throw new UserError(
                isCheckout()
                    ? { what: `No Pulumi.yaml above ${from}: this file must lie inside a checkout of upshift.` }
                    : {
                          what: `There is no Pulumi.yaml in ${from} nor above it.`,
                          fix: "cd to your Pulumi project, or name it: --cwd FOLDER",
                      },
            );
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

/** Six digits that tell a place of one checkout from the same place of another, for names that the machine has once. */
export function placeDigest(place: string): string {
    return crypto.createHash("sha256").update(place).digest("hex").slice(0, 6);
}

/** Whether a file or a folder is one that a checkout has made, this one or another. */
export function isFurnished(place: string): boolean {
    return `${place}${path.sep}`.includes(`${path.sep}.upshift${path.sep}`);
}

/** What any checkout of this user can share: built tools and images, a folder per version. */
export function cacheDir(...parts: string[]): string {
    return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "upshift", ...parts);
}
