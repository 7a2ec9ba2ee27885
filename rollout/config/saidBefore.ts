import { createHash } from "node:crypto";
import { cacheDir } from "../../cluster/paths";
import { readKept, writeKept } from "../../cluster/wholeFile.mjs";
import { type At, soleFile } from "./soleFile";

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

/** Of all that Pulumi says it by. @returns undefined where that is more than these files */
function digestOf(at: At): string | undefined {
    const file = soleFile(at);
    if (!file) return undefined;
    const set = Object.entries(at.env).filter(([name]) => name.startsWith("PULUMI_"));
    return createHash("sha256")
        .update(JSON.stringify([file.project.text, file.text, set.sort()]))
        .digest("hex");
}

function read(file: string): Said | undefined {
    try {
        return JSON.parse(String(readKept(file) ?? "")) as Said;
    } catch {
        // The first time, or one that was damaged.
        return undefined;
    }
}
