import type { ApiClient } from "./client";
import { at, objectsAt, stringAt, withMember, withoutMember } from "./objects";
import type { Properties } from "./values";

/**
 * Makes a field manager the owner of all that this provider's creation, or a hand with kubectl, has set on an object, so that
 * server-side apply meets no conflict over it. Managers of other programs keep what is theirs.
 *
 * @returns the object as it is then; the same one when there was nothing to take over.
 * @throws ApiError, a conflict when somebody has written in between
 */
export async function adoptFields(
    client: ApiClient,
    path: string,
    live: Properties,
    fieldManager: string,
    signal: AbortSignal,
): Promise<Properties> {
    const entries = managersOf(live);
    const adopted = entries.filter(isAdoptable);
    if (!adopted.length) return live;
    const own = entries.find((entry) => entry.manager === fieldManager && entry.operation === "Apply");
    const fields = [...(own ? [own] : []), ...adopted].map((entry) => entry.fieldsV1 as Properties).reduce(mergeFields);
    const merged = { ...(own ?? adopted[0]), manager: fieldManager, operation: "Apply", fieldsV1: fields };
    const managedFields = [merged, ...entries.filter((entry) => entry !== own && !adopted.includes(entry))];
    const body = [
        { op: "replace", path: "/metadata/managedFields", value: managedFields },
        { op: "replace", path: "/metadata/resourceVersion", value: stringAt(live, "metadata", "resourceVersion") },
    ];
    return client.request("PATCH", path, { body, contentType: "application/json-patch+json", signal });
}

/** Whether this provider's own fields could not be taken over in a dry run, so that it must overrule itself. */
export function mustOverruleItself(live: Properties): boolean {
    return managersOf(live).some(isOwnEarlierManager);
}

/** Whether nobody is known to own anything: an object from before server-side apply. */
export function hasNoOwners(live: Properties): boolean {
    return !managersOf(live).length;
}

/** Whether nobody has written anything of an object but a manager, by creation or update. What controllers write is its status. */
export function isOnlyBy(live: Properties, manager: string): boolean {
    return managersOf(live).every(
        (entry) => entry.subresource !== undefined || (entry.manager === manager && entry.operation === "Update"),
    );
}

/** With `ignoreChanges`, a field keeps the value it has: it is sent so if this provider owns it, and not at all if another does. */
export function withLiveValues(
    inputs: Properties,
    live: Properties,
    ignoreChanges: readonly string[],
    fieldManager: string,
): Properties {
    const isOwned = (path: readonly string[], byUs: boolean): boolean =>
        managersOf(live).some(
            (entry) =>
                (entry.manager === fieldManager) === byUs &&
                at(entry.fieldsV1, ...path.map((step) => `f:${step}`)) !== undefined,
        );
    return ignoreChanges.reduce((object, ignored) => {
        const path = ignored.split(".");
        const value = at(live, ...path);
        if (isOwned(path, false) && !isOwned(path, true)) return withoutMember(object, path);
        return value === undefined ? object : withMember(object, path, value);
    }, inputs);
}

function isAdoptable(entry: Properties): boolean {
    const manager = stringAt(entry, "manager");
    if (manager.startsWith("kubectl")) return entry.subresource === undefined;
    return isOwnEarlierManager(entry) || (entry.operation === "Update" && manager === "before-first-apply");
}

const earlierManagers = ["pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"];

function isOwnEarlierManager(entry: Properties): boolean {
    return entry.operation === "Update" && earlierManagers.includes(stringAt(entry, "manager"));
}

function managersOf(object: Properties): Properties[] {
    return objectsAt(object, "metadata", "managedFields");
}

/** The union of two sets of fields, each an object with an empty object for every field. */
function mergeFields(one: Properties, other: Properties): Properties {
    const merged = { ...one };
    for (const [field, below] of Object.entries(other)) {
        merged[field] = mergeFields((merged[field] ?? {}) as Properties, below as Properties);
    }
    return merged;
}
