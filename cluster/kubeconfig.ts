import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
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

/**
 * The kubeconfig file that has a context, and the names that all of them have.
 *
 * @param files in the order in which they count
 */
export function findContext(context: string, files: readonly string[]): { file?: string; known: string[] } {
    const all = files.filter((file) => fs.existsSync(file)).map((file) => ({ file, names: contextsIn(file) }));
    return {
        file: all.find(({ names }) => names.includes(context))?.file,
        known: all.flatMap(({ names }) => names),
    };
}

function contextsIn(file: string): string[] {
    const config = parse(fs.readFileSync(file, "utf8")) as { contexts?: { name?: string }[] | null } | null;
    return (config?.contexts ?? []).flatMap(({ name }) => (name ? [name] : []));
}
