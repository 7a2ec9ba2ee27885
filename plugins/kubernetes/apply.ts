import type { ApiClient, Query } from "./client";
import type { Discovery } from "./discovery";
import { ApiError, isConflict, isInvalid, isUncertain } from "./errors";
import { adoptFields, hasNoOwners, mustOverruleItself, withLiveValues } from "./fields";
import { madeSince } from "./lostAnswer";
import { isAnnotated, isCrd, kindOf, nameOf, namespaceOf, stringAt, withMember } from "./objects";
import { retried } from "./retry";
import type { Properties } from "./values";

/** The manager of everything that this provider has created and not yet updated: as with the official one. */
const creator = "pulumi-kubernetes";

/** Where objects are read and written. */
export interface Cluster {
    client: ApiClient;
    discovery: Discovery;
    /** Fires when the engine wants to end. */
    cancelled: AbortSignal;
}

export interface WriteOptions {
    /** Ask the server what would come out, and change nothing. */
    isDryRun: boolean;
    /** Takes a line to show while something is tried again. */
    retrying: (message: string) => void;
}

export interface ApplyOptions extends WriteOptions {
    fieldManager: string;
    /** Win every conflict. */
    force: boolean;
    ignoreChanges: readonly string[];
}

/** Somebody else owns a field. The text is the official provider's, which users know. */
export class ConflictError extends Error {
    constructor(manager: string, cause: ApiError) {
        const guide =
            "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";
        super(
            `server-side apply field conflict detected, see ${guide} for troubleshooting help\n` +
                `The resource managed by field manager "${manager}" had an apply conflict: ${cause.message}`,
        );
        this.name = "ConflictError";
    }
}

/** Makes an object, and finds it where the answer to that got lost. @throws ApiError, AlreadyExists among them */
export async function create(
    { client, discovery, cancelled }: Cluster,
    object: Properties,
    options: WriteOptions,
): Promise<Properties> {
    /** When the first attempt began that may have made it. */
    let uncertainSince: number | undefined;
    return retriedUnlessDry(options, cancelled, async () => {
        const path = await discovery.path(kindOf(object), namespaceOf(object));
        const startedAt = performance.now();
        try {
            return await client.request("POST", path, {
                query: { fieldManager: creator, ...dryRun(options) },
                body: object,
                signal: cancelled,
            });
        } catch (error) {
            if (isUncertain(error) && !options.isDryRun) uncertainSince ??= startedAt;
            if (uncertainSince === undefined) throw error;
            const own = `${path}/${encodeURIComponent(nameOf(object))}`;
            const made = await madeSince(client, own, creator, uncertainSince);
            if (!made) throw error;
            return made;
        }
    });
}

/** Reads an object as it is. @throws ApiError with code 404, or UnknownKindError, when it is not there */
export async function get({ client, discovery, cancelled }: Cluster, object: Properties): Promise<Properties> {
    return client.request("GET", await discovery.path(kindOf(object), namespaceOf(object), nameOf(object)), {
        signal: cancelled,
    });
}

/** How often an object is read anew when a controller has written it, its status mostly, between our reading and our writing. */
const tries = 5;

/**
 * Makes an existing object what the inputs say, by server-side apply: fields that others own are left to them, and a
 * conflict over one is an error that names both.
 *
 * What this provider, or kubectl by hand, has written is taken over first; in a dry run that cannot be, and what this
 * provider itself has written is overruled instead. A definition of a kind is replaced as a whole.
 *
 * @param object says which one: its kind, namespace and name.
 * @throws ConflictError, ApiError, not found among them
 */
export async function update(
    cluster: Cluster,
    inputs: Properties,
    object: Properties,
    options: ApplyOptions,
): Promise<Properties> {
    for (let tried = 1; ; tried++) {
        try {
            return await write(cluster, inputs, await get(cluster, object), options);
        } catch (error) {
            if (!isConflict(error) || tried === tries) throw error;
        }
    }
}

/** @throws ApiError, a conflict when somebody has written the object since it was read */
async function write(
    cluster: Cluster,
    inputs: Properties,
    live: Properties,
    options: ApplyOptions,
): Promise<Properties> {
    const { client, discovery, cancelled } = cluster;
    const { fieldManager, isDryRun, ignoreChanges } = options;
    const path = await discovery.path(kindOf(inputs), namespaceOf(live), nameOf(live));
    if (isCrd(inputs)) {
        const body = withMember(inputs, ["metadata", "resourceVersion"], stringAt(live, "metadata", "resourceVersion"));
        return client.request("PUT", path, { query: { fieldManager, ...dryRun(options) }, body, signal: cancelled });
    }
    const owned = isDryRun ? live : await adoptFields(client, path, live, fieldManager, cancelled);
    const force = options.force || hasNoOwners(live) || (isDryRun && mustOverruleItself(live));
    const body = withLiveValues(inputs, owned, ignoreChanges, fieldManager);
    try {
        return await apply(cluster, path, body, { ...options, force });
    } catch (error) {
        if (!isDryRun || !mustOverruleItself(live) || !isInvalid(error)) throw error;
        // A field that the inputs no longer have stands in the dry run beside the one that takes its place (a disruption
        // budget's minAvailable and maxUnavailable), since what this provider made was not taken over first.
        const whole = withMember(body, ["metadata", "resourceVersion"], stringAt(live, "metadata", "resourceVersion"));
        return client.request("PUT", path, {
            query: { fieldManager, ...dryRun(options) },
            body: whole,
            signal: cancelled,
        });
    }
}

/** Applies a patch resource: only the fields that it names, to an object that belongs to somebody else. @throws ConflictError, ApiError */
export async function applyPatch(cluster: Cluster, inputs: Properties, options: ApplyOptions): Promise<Properties> {
    return apply(
        cluster,
        await cluster.discovery.path(kindOf(inputs), namespaceOf(inputs), nameOf(inputs)),
        inputs,
        options,
    );
}

/**
 * Gives up all fields that a manager owns; those that nobody else owns go.
 *
 * @param object as it is now: by its uid, for an apply makes what is not there.
 */
export async function relinquish(cluster: Cluster, object: Properties, fieldManager: string): Promise<void> {
    const [namespace, uid] = [namespaceOf(object), stringAt(object, "metadata", "uid")];
    const nothing = { ...kindOf(object), metadata: { name: nameOf(object), ...(namespace && { namespace }), uid } };
    await applyPatch(cluster, nothing, {
        fieldManager,
        force: false,
        isDryRun: false,
        ignoreChanges: [],
        retrying: () => undefined,
    });
}

/** Whether the program, or the provider's settings, want conflicts to be won. */
export function wantsForce(inputs: Properties, isDefault: boolean): boolean {
    return isDefault || isAnnotated(inputs, "pulumi.com/patchForce");
}

async function apply(
    { client, cancelled }: Cluster,
    path: string,
    body: Properties,
    options: ApplyOptions,
): Promise<Properties> {
    const query = { fieldManager: options.fieldManager, force: options.force, ...dryRun(options) };
    const contentType = "application/apply-patch+yaml";
    try {
        return await retriedUnlessDry(options, cancelled, () =>
            client.request("PATCH", path, { query, body, contentType, signal: cancelled }),
        );
    } catch (error) {
        throw isConflict(error) ? new ConflictError(options.fieldManager, error) : error;
    }
}

/** A dry run does not wait for what is not there: nobody is making it. */
function retriedUnlessDry<T>(
    { isDryRun, retrying }: WriteOptions,
    cancelled: AbortSignal,
    attempt: () => Promise<T>,
): Promise<T> {
    return isDryRun ? attempt() : retried(attempt, retrying, cancelled);
}

function dryRun({ isDryRun }: WriteOptions): Query {
    return isDryRun ? { dryRun: "All" } : {};
}
