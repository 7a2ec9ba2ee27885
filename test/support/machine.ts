import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { cgroupDirs } from "../../cluster/embedded/cgroups";
import { identityOf, livePid } from "../../cluster/embedded/identity";

/** What a cluster might leave on a machine, by kind. */
export type Traces = Record<string, string>;

/** What of it is there now. Two of these are equal when nothing was left in between. */
export function traces(): Traces {
    const settings = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops"];
    return {
        mounts: fs.readFileSync("/proc/self/mountinfo", "utf8"),
        interfaces: output("ip", ["-brief", "link"]),
        "network namespaces": output("ip", ["netns"]),
        "iptables rules": output("iptables-save", []).replace(/^#.*\n/gm, ""),
        "sockets and locks": fs.readdirSync("/run").join("\n"),
        "kernel settings": settings.map((setting) => fs.readFileSync(`/proc/sys/${setting}`, "utf8")).join(""),
    };
}

/** The processes of a cluster and the namespaces they are in, as they were at one moment. */
export interface Population {
    processes: string[];
    namespaces: string[];
}

/** Who lives in a cgroup now, and in which namespaces that are not the machine's. */
export function populationOf(cgroup: string): Population {
    const own = namespacesOf("self");
    const pids = fs.readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && inCgroup(pid, cgroup));
    return {
        processes: pids.flatMap((pid) => identityOf(Number(pid)) ?? []),
        namespaces: [...new Set(pids.flatMap(namespacesOf))].filter((namespace) => !own.includes(namespace)),
    };
}

/** What is left of a cluster: processes that live, namespaces that any process is in, folders of cgroups. */
export function remainsOf(population: Population, cgroup: string): string[] {
    const namespaces = new Set(
        fs
            .readdirSync("/proc")
            .filter((pid) => /^\d+$/.test(pid))
            .flatMap(namespacesOf),
    );
    return [
        ...population.processes.filter((process) => livePid(process) !== undefined),
        ...population.namespaces.filter((namespace) => namespaces.has(namespace)),
        ...cgroupDirs(cgroup),
    ];
}

function inCgroup(pid: string, cgroup: string): boolean {
    try {
        return fs.readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`/${cgroup}/`);
    } catch {
        return false;
    }
}

function namespacesOf(pid: string): string[] {
    try {
        return ["net", "mnt", "pid", "uts", "ipc"].map((kind) => fs.readlinkSync(`/proc/${pid}/ns/${kind}`));
    } catch {
        return [];
    }
}

function output(program: string, args: string[]): string {
    return execFileSync(program, args, { encoding: "utf8" });
}
