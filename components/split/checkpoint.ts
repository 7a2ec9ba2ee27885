import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { z } from "zod";
import { whenWritten } from "./whenWritten";

/** What resources may have on top in form 4. It is what stacks of ours have: a split's hooks are among it. */
const feature = z.enum(["hooks", "refreshBeforeUpdate", "views"]);

/** The forms that are known here. Whatever a later Pulumi writes, that Pulumi reads. */
const file = z.object({
    version: z.union([z.literal(3), z.literal(4)]),
    features: z.array(feature).optional(),
    checkpoint: z.object({ latest: z.looseObject({}).optional() }),
});

/** Which stack it is. */
export interface StackAt {
    /** As PULUMI_BACKEND_URL names it; undefined where the user's login decides. */
    readonly backend: string | undefined;
    readonly project: string;
    /** Its name alone. */
    readonly stack: string;
}

/**
 * A stack's state as `pulumi stack export` prints it, read where a file backend keeps it: to start Pulumi takes half a second, which
 * is most of what a rollback takes.
 *
 * @returns undefined where Pulumi itself has to be asked: another backend, no such file, a form that is not known here.
 */
export async function checkpointOf({ backend, project, stack }: StackAt): Promise<unknown> {
    if (!backend?.startsWith("file:///")) return undefined;
    const folder = decodeURIComponent(new URL(backend).pathname);
    const name = path.join(folder, ".pulumi", "stacks", project, `${stack}.json`);
    try {
        const text = async (): Promise<unknown> => JSON.parse(await readFile(name, "utf8"));
        const { checkpoint, ...form } = file.parse(await whenWritten(text));
        return { ...form, deployment: checkpoint.latest ?? {} };
    } catch {
        return undefined;
    }
}
