import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient, Query } from "./client";
import type { Discovery } from "./discovery";
import { ApiError, causeText, CancelledError, isConflict, isNotFound, UnknownKindError } from "./errors";
import { at, isAnnotated, isCrd, kindOf, nameOf, namespaceOf, objectsAt, stringAt, withMember } from "./objects";
import type { Properties } from "./values";

/** The manager of everything that this provider has created and not yet updated: as with the official one. */
export const creator = "pulumi-kubernetes";

export interface Cluster {
    client: ApiClient;
    discovery: Discovery;
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

/** Makes an object. @throws ApiError, AlreadyExists among them */
export async function create({ client, discovery, cancelled }: Cluster, object: Properties, options: WriteOptions): Promise<Properties> {
    return retried(options, cancelled, async () => {
        const path = await discovery.path(kindOf(object), namespaceOf(object));
        return client.request("POST", path, { query: { fieldManager: creator, ...dryRun(options) }, body: object, signal: cancelled });
    });
}

/** Reads an object as it is. @throws ApiError with code 404, or UnknownKindError, when it is not there */
export async function get({ client, discovery, cancelled }: Cluster, object: Properties): Promise<Properties> {
    return client.request("GET", await discovery.path(kindOf(object), namespaceOf(object), nameOf(object)), { signal: cancelled });
}

/**
 * Makes an existing object what the inputs say, by server-side apply: fields that others own are left to them, and a
 * conflict over one is an error that names both.
 *
 * What this provider, or kubectl by hand, has written is taken over first; in a dry run that cannot be, and what this
 * provider itself has written is overruled instead. A definition of a kind is replaced as a whole.
 */
export async function update(cluster: Cluster, inputs: Properties, live: Properties, options: ApplyOptions): Promise<Properties> {
    const { client, discovery, cancelled } = cluster;
    const path = await discovery.path(kindOf(inputs), namespaceOf(live), nameOf(live));
    if (isCrd(inputs)) {
        const body = withMember(inputs, ["metadata", "resourceVersion"], stringAt(live, "metadata", "resourceVersion"));
        return client.request("PUT", path, { query: { fieldManager: options.fieldManager, ...dryRun(options) }, body, signal: cancelled });
    }
    const owned = options.isDryRun ? live : await adoptFields(cluster, path, live, options.fieldManager);
    const force = options.force || !managersOf(live).length || (options.isDryRun && managersOf(live).some(isOwnEarlierManager));
    return apply(cluster, path, withLiveValues(inputs, owned, options), { ...options, force });
}

/** Applies a patch resource: only the fields that it names, to an object that belongs to somebody else. */
export async function applyPatch(cluster: Cluster, inputs: Properties, options: ApplyOptions): Promise<Properties> {
    return apply(cluster, await cluster.discovery.path(kindOf(inputs), namespaceOf(inputs), nameOf(inputs)), inputs, options);
}

/** Gives up all fields that a manager owns; those that nobody else owns go. */
export async function relinquish(cluster: Cluster, object: Properties, fieldManager: string): Promise<void> {
    const nothing = { ...kindOf(object), metadata: { name: nameOf(object), ...(namespaceOf(object) && { namespace: namespaceOf(object) }) } };
    await applyPatch(cluster, nothing, { fieldManager, force: false, isDryRun: false, ignoreChanges: [], retrying: () => undefined });
}

/** Whether the program, or the provider's settings, want conflicts to be won. */
export function wantsForce(inputs: Properties, isDefault: boolean): boolean {
    return isDefault || isAnnotated(inputs, "pulumi.com/patchForce");
}

async function apply({ client, cancelled }: Cluster, path: string, body: Properties, options: ApplyOptions): Promise<Properties> {
    const query = { fieldManager: options.fieldManager, force: options.force, ...dryRun(options) };
    try {
        return await retried(options, cancelled, () => client.request("PATCH", path, { query, body, contentType: "application/apply-patch+yaml", signal: cancelled }));
    } catch (error) {
        throw isConflict(error) ? new ConflictError(options.fieldManager, error as ApiError) : error;
    }
}

/** Somebody else owns a field. The text is the official provider's, which users know, with what to do about it. */
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

/** Managers whose fields are this provider's to take over: its own from the creation, and those of a hand with kubectl. */
function isAdoptable(entry: Properties): boolean {
    const manager = stringAt(entry, "manager");
    if (manager.startsWith("kubectl")) return entry.subresource === undefined;
    return entry.operation === "Update" && (isOwnEarlierManager(entry) || manager === "before-first-apply");
}

function isOwnEarlierManager(entry: Properties): boolean {
    return entry.operation === "Update" && ["pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"].includes(stringAt(entry, "manager"));
}

function managersOf(object: Properties): Properties[] {
    return objectsAt(object, "metadata", "managedFields");
}

async function adoptFields({ client, cancelled }: Cluster, path: string, live: Properties, fieldManager: string): Promise<Properties> {
    const entries = managersOf(live);
    const adopted = entries.filter(isAdoptable);
    if (!adopted.length) return live;
    const own = entries.find((entry) => entry.manager === fieldManager && entry.operation === "Apply");
    const first = own ?? adopted[0];
    const fields = [...(own ? [own] : []), ...adopted].map((entry) => entry.fieldsV1 as Properties).reduce(mergeFields);
    const merged = { ...first, manager: fieldManager, operation: "Apply", fieldsV1: fields };
    const managedFields = [merged, ...entries.filter((entry) => entry !== own && !adopted.includes(entry))];
    // The version makes the server refuse when somebody else has written in between.
    const body = [
        { op: "replace", path: "/metadata/managedFields", value: managedFields },
        { op: "replace", path: "/metadata/resourceVersion", value: stringAt(live, "metadata", "resourceVersion") },
    ];
    return client.request("PATCH", path, { body, contentType: "application/json-patch+json", signal: cancelled });
}

/** The union of two sets of fields, each an object with an empty object for every field. */
function mergeFields(one: Properties, other: Properties): Properties {
    const merged = { ...one };
    for (const [field, below] of Object.entries(other)) merged[field] = mergeFields((merged[field] ?? {}) as Properties, below as Properties);
    return merged;
}

/** With `ignoreChanges`, a field keeps the value it has: it is sent so if this provider owns it, and not at all otherwise. */
function withLiveValues(inputs: Properties, live: Properties, { ignoreChanges, fieldManager }: ApplyOptions): Properties {
    const owns = (manager: boolean, path: readonly string[]): boolean =>
        managersOf(live).some((entry) => (entry.manager === fieldManager) === manager && at(entry.fieldsV1, ...path.map((step) => `f:${step}`)) !== undefined);
    return ignoreChanges.reduce((object, ignored) => {
        const path = ignored.split(".");
        const value = at(live, ...path);
        if (owns(false, path) && !owns(true, path)) return withoutPath(object, path);
        return value === undefined ? object : withMember(object, path, value);
    }, inputs);
}

function withoutPath(object: Properties, path: readonly string[]): Properties {
    const parent = path.slice(0, -1);
    const inner = at(object, ...parent);
    if (typeof inner !== "object" || inner === null) return object;
    const rest = Object.fromEntries(Object.entries(inner as Properties).filter(([key]) => key !== path.at(-1)));
    return parent.length ? withMember(object, parent, rest) : rest;
}

/** How long an object may wait for what it needs (its namespace, its kind, a webhook that starts), in milliseconds between tries. */
const patienceMs = { missing: [250, 500, 1000, 2000, 4000], webhook: Array.from({ length: 30 }, () => 1000) };

/** Tries again what fails because something else is not there yet. A dry run does not wait: nothing will come. */
async function retried(options: WriteOptions, cancelled: AbortSignal, attempt: () => Promise<Properties>): Promise<Properties> {
    for (let tried = 0; ; tried++) {
        try {
            return await attempt();
        } catch (error) {
            const pauses = options.isDryRun ? [] : isWebhookDown(error) ? patienceMs.webhook : isMissing(error) ? patienceMs.missing : [];
            const pause = pauses[tried];
            if (pause === undefined) throw error;
            options.retrying(`Retry #${tried}; creation failed: ${causeText(error)}`);
            await delay(pause, undefined, { signal: cancelled }).catch(() => {
                throw new CancelledError();
            });
        }
    }
}

function isMissing(error: unknown): boolean {
    return isNotFound(error) || error instanceof UnknownKindError;
}

function isWebhookDown(error: unknown): boolean {
    return error instanceof ApiError && /failed calling webhook.*(connection refused|no endpoints available|no such host|i\/o timeout|EOF|context deadline)/s.test(error.message);
}

function dryRun({ isDryRun }: WriteOptions): Query {
    return isDryRun ? { dryRun: "All" } : {};
}
