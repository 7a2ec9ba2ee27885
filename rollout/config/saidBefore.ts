import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheDir } from "../../cluster/paths";
import { readKept, writeKept } from "../../cluster/wholeFile.mjs";
import { projectName } from "../plan/projectName";

/** A stack, and what is set where Pulumi is asked for its config. */
interface At {
    readonly stack: string;
    /** Of the project. */
    readonly folder: string;
    readonly env: NodeJS.ProcessEnv;
}

/** What Pulumi said last of a stack's config, and of what. */
interface Said {
    readonly digest: string;
    readonly said: unknown;
}

/**
 * What Pulumi says of a stack's config, or what it said before of the same files: to start it takes a third of a second, and a release
 * looks at its config every few seconds.
 *
 * @param ask nothing that is a secret: it is kept in a file.
 * @throws what `ask` throws
 */
export async function saidBefore(at: At, ask: () => Promise<unknown>): Promise<unknown> {
    const digest = digestOf(at);
    if (digest === undefined) return ask();
    const name = createHash("sha1")
        .update(JSON.stringify([at.folder, at.stack]))
        .digest("hex");
    const file = cacheDir("config", `${name}.json`);
    const before = read(file);
    if (before?.digest === digest) return before.said;
    const said = await ask();
    // Whoever has written the config meanwhile may have been read, or not.
    if (digestOf(at) === digest) writeKept(file, JSON.stringify({ digest, said } satisfies Said));
    return said;
}

/**
 * Of all that Pulumi says it by.
 *
 * @returns undefined where that is more than these files: another config file or folder, a config of an environment, or a backend in
 *     which the stack may be gone.
 */
function digestOf({ stack, folder, env }: At): string | undefined {
    const { PULUMI_BACKEND_URL: backend = "", PULUMI_OPTION_CONFIG_FILE: otherFile } = env;
    if (!backend.startsWith("file:///") || stack.includes("/") || otherFile !== undefined) return undefined;
    const [project, own] = ["Pulumi.yaml", `Pulumi.${stack}.yaml`].map((name) => textOf(path.join(folder, name)));
    if (project === undefined || own === undefined) return undefined;
    // Wherever the words stand: a file that only talks of them is asked for once too often, and one in flow style not too seldom.
    if (/\benvironment\b/.test(own) || /\bstackConfigDir\b|\bconfig["']?:[ \t]*[^\s{]/.test(project)) return undefined;
    const stacks = path.join(decodeURIComponent(new URL(backend).pathname), ".pulumi", "stacks");
    if (!fs.existsSync(path.join(stacks, projectName(folder), `${stack}.json`))) return undefined;
    const set = Object.entries(env).filter(([name]) => name.startsWith("PULUMI_"));
    return createHash("sha256")
        .update(JSON.stringify([project, own, set.sort()]))
        .digest("hex");
}

function textOf(file: string): string | undefined {
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}

function read(file: string): Said | undefined {
    try {
        return JSON.parse(String(readKept(file) ?? "")) as Said;
    } catch {
        // The first time, or one that was damaged.
        return undefined;
    }
}
