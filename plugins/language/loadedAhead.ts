import { createRequire } from "node:module";
import * as path from "node:path";

/**
 * Packages that most programs here load, and that ask for nothing of stack and config when they are loaded, except that providers'
 * packages register themselves in the SDK's store.
 */
const names = ["@pulumi/kubernetes", "@pulumi/random", "upshift"];

/** The files by which a program in a folder loads those of them that are installed for it. */
export function loadedAhead(folder: string): string[] {
    const { resolve } = createRequire(path.join(folder, "index.js"));
    return names.flatMap((name) => {
        try {
            const file = resolve(name);
            // A package finds itself by its name, too, and is the program then.
            return file.split(path.sep).includes("node_modules") ? [file] : [];
        } catch {
            return [];
        }
    });
}
