import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { projectRoot, stateDir } from "../paths";
import type { FoundMesh } from "./decide";

/**
 * What a cluster has of Istio, for a program that can't wait for a promise before it creates its resources.
 *
 * @throws when the cluster does not answer
 */
export function lookSync(kubeconfig: string, context: string): FoundMesh {
    const node = (...args: string[]): string =>
        execFileSync(process.execPath, args, { encoding: "utf8", timeout: 60_000, stdio: "pipe" });
    try {
        // Makes the bundle, where it is not there or older than its sources.
        node(path.join(projectRoot(), "cluster/setup/bundle.mjs"));
        return JSON.parse(node(stateDir("dist", "mesh-look.cjs"), kubeconfig, context)) as FoundMesh;
    } catch (error) {
        const { stderr, message } = error as Error & { stderr?: string };
        throw new Error(stderr?.trim() || message, { cause: error });
    }
}
