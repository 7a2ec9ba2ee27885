import type { LiveObject } from "../../components/mesh/liveObject";
import { driftCommands, type ForeignEdit, type StackName } from "../../components/split/foreignEdits";
import { type Change, oldOf } from "./events";
import { departures } from "./fields";
import type { Drift } from "./model";
import { worldKind } from "../../components/traffic/world/objects";

/**
 * Where the cluster differs from what was last applied: somebody else has written. Fields that only the cluster has are its
 * defaults, and nobody's.
 *
 * @param edits those of them by which users were moved, and on which nobody has decided yet.
 */
export function driftOf(
    changes: readonly Change[],
    live: readonly LiveObject[],
    edits: readonly ForeignEdit[],
    of: StackName,
): Drift[] {
    const idOf = (kind: string, namespace = "default", name: string): string => `${kind} ${namespace}/${name}`;
    const there = new Map(live.map((one) => [idOf(one.kind, one.metadata.namespace, one.metadata.name), one]));
    const edited = new Map(edits.map((one) => [idOf(one.applied.kind, one.applied.namespace, one.applied.name), one]));
    const found = changes.flatMap((change): Drift[] => {
        const kind = worldKind(change.type);
        const inputs = oldOf(change)?.inputs as
            { metadata?: { name?: string; namespace?: string }; spec?: unknown } | undefined;
        const { name, namespace } = inputs?.metadata ?? {};
        if (!kind || !inputs || !name) return [];
        const resource = idOf(kind, namespace, name);
        const found = there.get(resource);
        if (!found) return [{ resource, fields: [{ path: "", from: "there" }] }];
        const fields = departures(relevant(kind, inputs.spec), found.spec, "spec");
        const edit = edited.get(resource);
        return fields.length > 0 ? [{ resource, fields, ...writer(found), ...(edit && decisionsOf(edit, of)) }] : [];
    });
    // What users notice comes before what they do not.
    return [...found.filter(({ fixes }) => fixes), ...found.filter(({ fixes }) => !fixes)];
}

/** Who did it, who was moved, and the two ways on. Of two who wrote in one second it is not Pulumi, which wrote what was applied. */
function decisionsOf(
    { by, at, services, moves }: ForeignEdit,
    of: StackName,
): Pick<Drift, "by" | "at" | "moves" | "fixes"> {
    const when = at === undefined ? {} : { at: new Date(at).toISOString() };
    return { by, ...when, moves, fixes: services.flatMap((service) => driftCommands(service, of)) };
}

/** Of what makes pods only what decides on traffic: how many pods, and which images. */
function relevant(kind: string, spec: unknown): unknown {
    if (!["Deployment", "StatefulSet", "DaemonSet"].includes(kind)) return spec;
    const { replicas, template } = spec as DeploymentSpec;
    const containers = template?.spec?.containers?.map(({ name, image }) => ({ name, image }));
    return { replicas, ...(containers ? { template: { spec: { containers } } } : {}) };
}

interface DeploymentSpec {
    replicas?: number;
    template?: { spec?: { containers?: { name: string; image: string }[] } };
}

/** Who wrote the spec last. */
function writer({ metadata }: LiveObject): { by?: string; at?: string } {
    const writers = (metadata.managedFields ?? [])
        .filter(({ fieldsV1, subresource }) => !subresource && fieldsV1 && "f:spec" in fieldsV1)
        .map(({ manager, time }) => ({
            by: manager,
            at: time === undefined ? undefined : new Date(time).toISOString(),
        }))
        .sort((a, b) => (a.at ?? "").localeCompare(b.at ?? ""));
    const last = writers.at(-1);
    return { ...(last?.by ? { by: last.by } : {}), ...(last?.at ? { at: last.at } : {}) };
}
