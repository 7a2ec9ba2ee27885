import type { Finding } from "../cluster/target";
import { liveObjects, worldLive } from "../components/mesh/live";
import type { LiveObject } from "../components/mesh/liveObject";
import { driftCommands, foreignEdits } from "../components/split/foreignEdits";
import { identityOf } from "../components/traffic/world/objects";
import { accessInWords } from "./access";
import type { Applied } from "./applied";
import { atHand, rootOf } from "./atHand";
import { projectName } from "./plan/projectName";

/** How long a command that only tells waits for the cluster, in milliseconds. */
const timeoutMs = 5_000;

/** What a stack's cluster says beside its state. */
export interface Looked {
    /** What is otherwise than it was applied. */
    readonly findings: readonly Finding[];
    /** Why the cluster was not seen. */
    readonly unknown?: string;
}

/**
 * Compares what a stack has applied with what its cluster has: whether it is the cluster at all, what of it is gone, and where
 * somebody else has moved users.
 *
 * @param folder of the project, where it is another than this one.
 */
export async function lookAt(stack: string, folder: string | undefined, state: Applied): Promise<Looked> {
    const { access, cluster } = state;
    if (!access) return { findings: [], unknown: "no Kubernetes provider in the state says where it is" };
    const [near, live] = await Promise.all([
        atHand(stack, cluster, access),
        liveObjects(access, timeoutMs).catch((error: Error) => error),
    ]);
    if (near.finding) return { findings: [near.finding] };
    if (live instanceof Error) return { findings: [], unknown: `${accessInWords(access)}: ${rootOf(live).message}` };
    return { findings: differences({ project: projectName(folder), stack }, state, live) };
}

/** The same of what was read. */
export function differences(
    of: { readonly project: string; readonly stack: string },
    { objects, uids, access = {} }: Pick<Applied, "objects" | "uids" | "access">,
    live: readonly LiveObject[],
): Finding[] {
    const { stack } = of;
    if (uids.size > 0 && !live.some(({ metadata }) => metadata.uid !== undefined && uids.has(metadata.uid)))
        return [
            {
                what: `The cluster has nothing of what stack ${stack} has applied (${accessInWords(access)}): it is another one, or somebody has deleted it all.`,
                fix: `choose the right one (kubectl config get-contexts), or see what is gone: pulumi refresh --preview-only --stack ${stack}`,
            },
        ];
    const world = worldLive(live);
    const there = new Set(world.objects.map(identityOf));
    const gone = objects.filter((one) => !there.has(identityOf(one)));
    return [
        ...gone.map(({ kind, namespace, name }) => ({
            what: `${kind} ${namespace}/${name} is in the state, but not in the cluster.`,
            fix: `pulumi up --refresh --stack ${stack}`,
        })),
        ...foreignEdits(objects, world).flatMap(({ live: edited, by, at, services, moves }) =>
            services.map((service) => ({
                what: `${by} has written ${edited.kind} ${edited.namespace}/${edited.name}${at === undefined ? "" : ` at ${at}`}, and moved users (as applied → now): ${moves.join(", ").replaceAll("~ ", "") || "some requests"}.`,
                fix: driftCommands(service, of).join(", or "),
            })),
        ),
    ];
}
