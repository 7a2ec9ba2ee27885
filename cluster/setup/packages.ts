import * as fs from "node:fs";
import * as path from "node:path";
import { debianPackages } from "../tools/manifest";
import { onPath } from "../tools/onPath";
import { withoutServices } from "./noServices";
import { run } from "./run";

/** The Debian packages of which something isn't there. A program that came another way is as good. */
export function missingPackages(): string[] {
    const isThere = (file: string): boolean =>
        path.isAbsolute(file) ? fs.existsSync(file) : onPath(file) !== undefined;
    return Object.entries(debianPackages)
        .filter(([, files]) => !files.every(isThere))
        .map(([name]) => name);
}

const environment = { DEBIAN_FRONTEND: "noninteractive" };

/** Installs what is missing, with no service started now or at the next boot. */
export async function installPackages(progress: (text: string) => void): Promise<void> {
    const names = missingPackages();
    progress(names.join(" "));
    const wait = ["-o", "DPkg::Lock::Timeout=120"];
    const install = ["install", "--yes", "--no-install-recommends", ...wait, ...names];
    await withoutServices(async () => {
        try {
            await run("apt-get", install, { env: environment });
        } catch {
            // Old package lists and a dpkg that was interrupted are the usual reasons; both can be fixed from here.
            progress("fetching package lists");
            await run("dpkg", ["--configure", "-a"], { env: environment });
            await run("apt-get", ["update", ...wait], { env: environment });
            await run("apt-get", install, { env: environment });
        }
    });
    const still = missingPackages();
    if (still.length > 0)
        throw new Error(`apt-get installed ${still.join(", ")}, and yet not all of their programs are there.`);
}
