import * as fs from "node:fs";
import { removalsBegun } from "../ownFolder";
import { stateDir } from "../paths";
import { onPath } from "../tools/onPath";
import { explain, type Finding } from "../target";
import { cgroupFinding, cgroupFix } from "./cgroups";
import { freeBytes } from "./disk";
import { clusterDir, command } from "./layout";

/** Free bytes without which a cluster is not started: a new one unpacks its images, one that was there has them. */
const needed = { fresh: 2 * 1024 ** 3, known: 256 * 1024 ** 2 };

/** Programs of the base system, with the Debian package of each. */
const programs: Readonly<Record<string, string>> = {
    unshare: "util-linux",
    nsenter: "util-linux",
    mount: "mount",
    ip: "iproute2",
    iptables: "iptables",
    "containerd-shim-runc-v2": "containerd",
};

/**
 * Sees whether this machine can run a cluster.
 *
 * @param name the cluster, which may have been there before
 * @returns everything that is missing, and what fixes it; empty when nothing is
 */
export function machineFindings(name: string): Finding[] {
    if (process.platform !== "linux") return [notLinux];
    return [...user(), ...missing(), ...cgroups(), ...disk(name)];
}

/** @throws with all findings of `machineFindings` */
export function checkMachine(name: string): void {
    const findings = machineFindings(name);
    if (findings.length > 0) throw new Error(`The embedded cluster can't run here.\n${explain(findings)}`);
}

const notLinux: Finding = {
    what: "It needs Linux: its parts run in namespaces of the kernel.",
    fix: "choose another target, such as k3d",
};

function user(): Finding[] {
    if (process.getuid?.() === 0) return [];
    return [{ what: "It needs root, to make namespaces and mounts.", fix: "run it with sudo, or as root" }];
}

function missing(): Finding[] {
    const packages = Object.entries(programs).flatMap(([program, name]) => (onPath(program) ? [] : [name]));
    if (packages.length === 0) return [];
    const list = [...new Set(packages)].join(" ");
    return [{ what: "Programs are missing.", fix: `apt-get install -y --no-install-recommends ${list}` }];
}

function cgroups(): Finding[] {
    const what = cgroupFinding();
    return what === undefined ? [] : [{ what, fix: cgroupFix }];
}

function disk(name: string): Finding[] {
    const folder = stateDir("clusters");
    fs.mkdirSync(folder, { recursive: true });
    const free = freeBytes(folder);
    const enough = fs.existsSync(clusterDir(name, "containerd")) ? needed.known : needed.fresh;
    if (free >= enough) return [];
    const wasCutOff = removalsBegun(["clusters"]).length > 0;
    const mib = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;
    return [
        {
            what: `The disk that holds ${folder} is full: ${mib(free)} are free, ${mib(enough)} are needed.`,
            fix: wasCutOff
                ? `${command(name, "down")}, which removes what a deletion that was cut off has left there`
                : "make room (df -h shows where)",
        },
    ];
}
