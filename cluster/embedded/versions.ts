import { VersionApi, type KubeConfig } from "@kubernetes/client-node";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Programs } from "./parts";

const run = promisify(execFile);

/** What runs in a cluster, by its own words. */
export async function partVersions(admin: KubeConfig, programs: Programs): Promise<Record<string, string>> {
    const [server, etcd, containerd, runc] = await Promise.all([
        admin.makeApiClient(VersionApi).getCode(),
        said(programs.etcd),
        said(programs.containerd),
        said(programs.runc),
    ]);
    return { kubernetes: server.gitVersion.replace(/^v/, ""), etcd, containerd, runc };
}

/** The first number with dots that a program says when asked for its version. */
async function said(program: string): Promise<string> {
    const { stdout } = await run(program, ["--version"]);
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? "unknown";
}
