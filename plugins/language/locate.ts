import { createRequire } from "node:module";
import * as path from "node:path";

/**
 * The file that `module` means to a program in `folder`.
 *
 * @param install the command that fixes a missing SDK, for the error.
 */
export function locate(module: string, folder: string, install: string): string {
    try {
        return createRequire(path.join(folder, "package.json")).resolve(module);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
        throw new Error(`It looks like the Pulumi SDK has not been installed. Have you run ${install}?`);
    }
}
