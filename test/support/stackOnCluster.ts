import * as fs from "node:fs";
import * as path from "node:path";
import { clusterDown, clusterUp, type UpOptions } from "../../cluster/embedded/cluster";
import { projectRoot } from "../../cluster/paths";
import { pulumi } from "../../rollout/pulumi";
import { selectStack, setConfig } from "../../rollout/stack";

/** Brings up an embedded cluster and selects a stack of the same name for it, with this config. */
export async function stackOnCluster(
    name: string,
    config: Parameters<typeof setConfig>[1] = {},
    options: UpOptions = {},
): Promise<void> {
    await clusterUp(name, options, () => undefined);
    await selectStack(name);
    await setConfig(name, { target: "embedded", cluster: name, ...config });
}

/** Removes both, whatever a failed test has left. */
export async function removeBoth(name: string): Promise<void> {
    await clusterDown(name, { delete: true });
    // The lock of an update that a test killed.
    await pulumi(["cancel", "--yes", "--stack", name]);
    await pulumi(["stack", "rm", "--yes", "--force", "--stack", name]);
    fs.rmSync(path.join(projectRoot(), `Pulumi.${name}.yaml`), { force: true });
}
