import { differences } from "./fields";
import type { FieldChange } from "./model";
import type { SavedPlan } from "./saved";

/**
 * What a plan made now promises otherwise than the one that was approved: other steps, other resources, or a cluster that
 * somebody has changed since. Measured rates change all the time, and are no promise. An update plan of Pulumi's holds the
 * program to its word, but does not look at the cluster.
 */
export function movedSince(approved: SavedPlan, now: SavedPlan): FieldChange[] {
    return differences(promised(approved), promised(now));
}

function promised({ project, stack, result, services, pods, replaced, changes, drift }: SavedPlan): unknown {
    return {
        project,
        stack,
        result,
        services: services.map(({ service, at = "", applied, proposed }) => ({
            name: `${service} ${at}`.trim(),
            applied,
            proposed,
        })),
        pods: pods.map((pod) => ({ name: pod.deployment, ...pod })),
        replaced: replaced.map(({ resource, because }) => ({ name: resource, because })),
        changes: changes.map(({ resource, op, fields }) => ({ name: resource, op, fields })),
        drift: drift.map(({ resource, fields, by }) => ({ name: resource, fields, by })),
    };
}
