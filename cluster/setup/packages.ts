import * as fs from "node:fs";
import * as path from "node:path";
import { debianPackages } from "../tools/manifest";
import { onPath } from "../tools/onPath";
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
    const before = services();
    await withoutStarting(async () => {
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
    const added = services().filter((name) => !before.includes(name));
    if (added.length > 0 && fs.existsSync("/run/systemd/system")) await run("systemctl", ["disable", ...added]);
    const still = missingPackages();
    if (still.length > 0)
        throw new Error(`apt-get installed ${still.join(", ")}, and yet not all of their programs are there.`);
}

/** The services that the packages bring along. */
function services(): string[] {
    return ["containerd", "etcd", "prometheus"].filter((name) => fs.existsSync(`/lib/systemd/system/${name}.service`));
}

const policy = "/usr/sbin/policy-rc.d";
const policyText = "#!/bin/sh\n# upshift set-up: no service is started while it installs packages.\nexit 101\n";

/** Debian's way to install without starting: packages ask this program first, and 101 means no. */
async function withoutStarting(work: () => Promise<void>): Promise<void> {
    const isOurs = !fs.existsSync(policy) || fs.readFileSync(policy, "utf8") === policyText;
    if (isOurs) fs.writeFileSync(policy, policyText, { mode: 0o755 });
    try {
        await work();
    } finally {
        if (isOurs) fs.rmSync(policy, { force: true });
    }
}
