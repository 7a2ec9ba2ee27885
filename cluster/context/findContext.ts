import * as fs from "node:fs";
import { parse } from "yaml";

/**
 * The kubeconfig file that has a context, and the names that all of them have.
 *
 * @param files in the order in which they count
 */
export function findContext(context: string, files: readonly string[]): { file?: string | undefined; known: string[] } {
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
