import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { whenWritten } from "./whenWritten";

/** The forms that are known here. Whatever a later Pulumi writes, that Pulumi reads. */
const knownForms: readonly unknown[] = [3, 4];
/** What resources may have on top in form 4. It is what stacks of ours have: a split's hooks are among it. */
const knownFeatures: readonly unknown[] = ["hooks", "refreshBeforeUpdate", "views"];

/** A file backend's file, as far as it is read. */
interface File {
    readonly version?: unknown;
    readonly features?: readonly unknown[];
    readonly checkpoint?: { readonly latest?: Deployment };
}

/** What is deployed, as `pulumi stack export` prints it. */
interface Deployment {
    readonly resources?: readonly ExportedResource[];
}

/** A resource of it. */
export interface ExportedResource {
    readonly urn: string;
    readonly type: string;
    readonly delete?: boolean;
    readonly outputs?: unknown;
}

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
export async function checkpointOf({ backend, project, stack }: StackAt): Promise<Checkpoint | undefined> {
    if (!backend?.startsWith("file:///")) return undefined;
    const folder = decodeURIComponent(new URL(backend).pathname);
    const name = path.join(folder, ".pulumi", "stacks", project, `${stack}.json`);
    try {
        const { checkpoint, ...form } = await whenWritten(async () => JSON.parse(await readFile(name, "utf8")) as File);
        const { version, features = [] } = form;
        if (!checkpoint || !knownForms.includes(version)) return undefined;
        if (!features.every((one) => knownFeatures.includes(one))) return undefined;
        return { ...form, deployment: checkpoint.latest ?? {} };
    } catch {
        return undefined;
    }
}

/** A stack's state, in the form of `pulumi stack export`. */
export interface Checkpoint extends Omit<File, "checkpoint"> {
    readonly deployment: Deployment;
}
