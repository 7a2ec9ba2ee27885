import { checkpointOf } from "../components/split/checkpoint";
import { isBody, type Value } from "../components/traffic/world/values";
import { projectName } from "./plan/projectName";
import { pulumi, surroundings } from "./pulumi";
import { troubleOf } from "./trouble";

/** A resource as `pulumi stack export` has it, as far as it is read. */
export interface ExportedResource {
    readonly urn: string;
    readonly type: string;
    readonly delete?: boolean | undefined;
    readonly parent?: string | undefined;
    readonly provider?: string | undefined;
    readonly inputs?: Readonly<Record<string, unknown>> | undefined;
    readonly outputs?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A stack's state as it was last applied, from wherever its user keeps it: Pulumi itself reads it where that is no folder.
 *
 * @param folder of the project, where it is another than this one.
 * @param more options of `pulumi stack export`.
 * @throws when it can't be read, with the way out: no such stack, no login, no passphrase.
 */
export async function exportedState(stack: string, folder?: string, ...more: string[]): Promise<unknown> {
    const { env } = await surroundings(folder);
    const at = { backend: env.PULUMI_BACKEND_URL, project: projectName(folder), stack };
    const read = more.length === 0 ? await checkpointOf(at) : undefined;
    if (read !== undefined) return read;
    try {
        return JSON.parse(await pulumi(["stack", "export", "--stack", stack, ...more], folder));
    } catch (error) {
        throw await troubleOf(error as Error, stack, folder);
    }
}

/** The resources of an exported state. @throws when it is none */
export function resourcesIn(state: unknown): ExportedResource[] {
    const deployment = asObject(asObject(state)?.deployment);
    const resources = deployment && (deployment.resources ?? []);
    if (Array.isArray(resources) && resources.every(isResource)) return resources;
    throw new Error("This is no state as `pulumi stack export` prints it: its resources can't be read.");
}

/** Looked at by hand: the way back reads it first of all, and any library for it takes longer to load than all that is read. */
function isResource(value: unknown): value is ExportedResource {
    const { urn, type, delete: isLeaving, parent, provider, inputs, outputs } = asObject(value) ?? {};
    return (
        typeof urn === "string" &&
        typeof type === "string" &&
        (isLeaving === undefined || typeof isLeaving === "boolean") &&
        [parent, provider].every((one) => one === undefined || typeof one === "string") &&
        [inputs, outputs].every((one) => one === undefined || asObject(one) !== undefined)
    );
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
    return isBody(value as Value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}
