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

/** Whether something is created otherwise than it was approved, and on both sides. */
export function isOfCreated({ path, from, to }: FieldChange): boolean {
    return createdPath.test(path) && from !== undefined && to !== undefined;
}

const createdPath = /^changes\[[^\]]*\]\.created\b/;

/** Where two plans of the same, made one after the other, have something else created: what the program makes anew at each run. */
export function unsteadyIn(plan: SavedPlan, again: SavedPlan): string[] {
    return movedSince(plan, again)
        .filter(isOfCreated)
        .map(({ path }) => path);
}

/**
 * The same without what a program makes anew at each run: names with a random part, times, keys and certificates. No preview can
 * promise those. They count as such only where they were so when it was approved, and are so still: what is to be judged is not to say
 * by itself what is not looked at, and a key that was random is not to be somebody's now. Only of what is created: all else is the
 * config's, the state's or the cluster's, where another value is another's doing.
 *
 * @param again a plan of the same, made after `now`.
 */
export function withoutUnsteady(
    moved: readonly FieldChange[],
    { unsteady: approved = [] }: SavedPlan,
    now: SavedPlan,
    again: SavedPlan,
): FieldChange[] {
    const [before, still] = [new Set(approved), new Set(unsteadyIn(now, again))];
    return moved.filter((one) => !isOfCreated(one) || !before.has(one.path) || !still.has(one.path));
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
        changes: changes.map(({ resource, op, fields, created }) => ({ name: resource, op, fields, created })),
        drift: drift.map(({ resource, fields, by }) => ({ name: resource, fields, by })),
    };
}
