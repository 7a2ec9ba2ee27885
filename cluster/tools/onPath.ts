import * as fs from "node:fs";
import * as path from "node:path";

/** Where Debian keeps programs for root; a user's PATH often lacks them. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * The first executable of this name on PATH (and in the system's folders) that also `suits`.
 *
 * @param searchPath another PATH than this process's own.
 */
export function onPath(
    name: string,
    suits: (file: string) => boolean = () => true,
    searchPath = process.env.PATH ?? "",
): string | undefined {
    const folders = [...searchPath.split(path.delimiter), ...systemFolders];
    return folders
        .filter((folder) => path.isAbsolute(folder))
        .map((folder) => path.join(folder, name))
        .find((file) => isExecutable(file) && suits(file));
}

function isExecutable(file: string): boolean {
    try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
    } catch {
        return false;
    }
}
