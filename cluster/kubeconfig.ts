import * as os from "node:os";
import * as path from "node:path";
import { stateDir } from "./paths";

/**
 * The user's kubeconfig files. In a shell that has this project's environment KUBECONFIG names a cluster of this project,
 * and UPSHIFT_KUBECONFIG what it was before.
 */
export function usersKubeconfigs(environment: NodeJS.ProcessEnv = process.env): string[] {
    const candidates = [environment.UPSHIFT_KUBECONFIG, environment.KUBECONFIG];
    const given = candidates.find((files) => files && !files.startsWith(stateDir() + path.sep));
    const files = given?.split(path.delimiter).filter((file) => file !== "") ?? [];
    return files.length > 0 ? files : [path.join(os.homedir(), ".kube", "config")];
}
