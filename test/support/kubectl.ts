import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { clusterDir } from "../../cluster/embedded/layout";
import { toolPath } from "../../cluster/tools/tools";

/** Runs kubectl on an embedded cluster. @throws when it fails, with what it printed */
export async function kubectl(cluster: string, args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(toolPath("kubectl"), [
        ...args,
        "--kubeconfig",
        clusterDir(cluster, "kubeconfig"),
    ]);
    return stdout;
}
