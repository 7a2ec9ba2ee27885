import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { inOne } from "./inOne.mjs";

/**
 * Packages that most programs here load, and that ask for nothing of stack and config when they are loaded, except that providers'
 * packages register themselves in the SDK's store.
 */
const names = ["@pulumi/kubernetes", "@pulumi/random", "upshift"];

/** The files by which a program in a folder loads those of them that are installed for it, each with what it loads of its own later. */
export function loadedAhead(folder: string): string[] {
    const { resolve } = createRequire(path.join(folder, "index.js"));
    return names.flatMap((name) => {
        try {
            const file = resolve(name);
            // A package finds itself by its name, too, and is the program then.
            return file.split(path.sep).includes("node_modules") ? [file, ...besides(file)] : [];
        } catch {
            return [];
        }
    });
}

/** The files beside a package's own that are made as those here are. */
function besides(file: string): string[] {
    const all = Object.keys(inOne).map((name) => path.join(path.dirname(file), name));
    return all.filter((one) => fs.existsSync(one));
}
