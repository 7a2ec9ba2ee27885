import * as crypto from "node:crypto";
import { applyPatch, ConflictError, create, get, relinquish, update, wantsForce, type Cluster, type WriteOptions } from "./apply";
import { awaitGone, awaitReady, checkReady, type Surroundings } from "./await";
import { prune } from "./diff";
import type { Engine } from "./engine";
import { ApiError, causeText, isAlreadyThere, isForbidden, isNotFound, NotReadyError, PartialFailure, UnknownKindError, UnreachableError } from "./errors";
import { normalize } from "./normalize";
import { annotation, idOf, isPatchType, kindOfToken, namespaceOf, parseId, withMember, withoutMember } from "./objects";
import { checkpoint, firstKind, manifest, parseState } from "./state";
import { hasUnknown, markSecrets, type Properties } from "./values";

/** The resource that an operation is about. */
export interface Target {
    urn: string;
    /** The type token. */
    type: string;
}

/** Everything an operation works with. */
export interface Workplace extends Cluster {
    engine: Engine;
    /** Win conflicts without being asked to. */
    patchForce: boolean;
}

/** What became of a resource; no state means that it is gone. */
export interface Outcome {
    id: string;
    state?: Properties;
    inputs?: Properties;
}

/**
 * Makes an object and waits until it is ready. In a preview the server is asked what would come out; where it cannot say (no
 * namespace or kind yet, values unknown, no cluster), the inputs are the answer.
 */
export async function createResource(target: Target, news: Properties, timeoutSeconds: number, isPreview: boolean, place: Workplace): Promise<Outcome> {
    const inputs = manifest(news);
    const isPatch = isPatchType(target.type, firstKind(inputs).kind);
    if (isPreview && (hasUnknown(inputs) || isPatch)) return { id: "", state: news };
    const fieldManager = annotation(inputs, "pulumi.com/patchFieldManager") || newFieldManager();
    const save = (live: Properties): Properties => checkpoint(inputs, live, news, { fieldManager, initialApiVersion: firstKind(inputs).apiVersion });
    let written: Properties;
    try {
        const options = writeOptions(target, isPreview, place);
        const force = wantsForce(inputs, place.patchForce);
        written = isPatch ? await applyPatch(place, inputs, { ...options, fieldManager, force, ignoreChanges: [] }) : await create(place, inputs, options);
    } catch (error) {
        if (isPreview && cannotPreview(error, target, place)) return { id: "", state: news };
        throw creationFailure(error, target);
    }
    if (isPreview) return { id: "", state: save(withoutMember(written, ["status"])) };
    try {
        return { id: idOf(written), state: save(await awaitReady(inputs, written, timeoutSeconds, surroundings(target, place))) };
    } catch (error) {
        if (!(error instanceof NotReadyError)) throw error;
        const message = `resource "${target.urn}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${error.message}`;
        throw new PartialFailure(message, idOf(written), save(error.object ?? written), [message, ...error.reasons]);
    } finally {
        place.engine.status(target.urn, "");
    }
}

/** Changes an object in place by server-side apply, a preview by a dry run, and waits until it is ready. */
export async function updateResource(
    target: Target,
    olds: Properties,
    news: Properties,
    { timeoutSeconds, isPreview, ignoreChanges }: { timeoutSeconds: number; isPreview: boolean; ignoreChanges: readonly string[] },
    place: Workplace,
): Promise<Outcome> {
    const inputs = normalize(manifest(news));
    if (isPreview && hasUnknown(inputs)) return { id: "", state: news };
    const { live: old, inputs: oldInputs, bookkeeping } = parseState(olds);
    const oldManager = annotation(oldInputs, "pulumi.com/patchFieldManager") || bookkeeping.fieldManager || newFieldManager();
    const fieldManager = annotation(inputs, "pulumi.com/patchFieldManager") || oldManager;
    const initialApiVersion = bookkeeping.initialApiVersion ?? firstKind(inputs).apiVersion;
    const save = (live: Properties): Properties => checkpoint(inputs, live, news, { fieldManager, initialApiVersion });
    try {
        const before = await get(place, { ...inputs, metadata: old.metadata ?? {} });
        const force = wantsForce(inputs, place.patchForce);
        const written = await update(place, inputs, before, { ...writeOptions(target, isPreview, place), fieldManager, force, ignoreChanges });
        if (isPreview) return { id: "", state: save(written) };
        const ready = await awaitReady(inputs, written, timeoutSeconds, surroundings(target, place));
        if (fieldManager !== oldManager) await relinquish(place, ready, oldManager);
        return { id: idOf(ready), state: save(ready) };
    } catch (error) {
        if (isPreview && (isForbidden(error) || error instanceof UnknownKindError || error instanceof UnreachableError) && cannotPreview(error, target, place)) {
            return { id: "", state: news };
        }
        throw await updateFailure(error, target, { ...inputs, metadata: old.metadata ?? {} }, save, place);
    } finally {
        place.engine.status(target.urn, "");
    }
}

/**
 * Reads an object for a refresh or an import, and judges whether it is still ready. Inputs come back as the cluster has them now,
 * cut down to what the program set; an import starts with the object's identity.
 */
export async function readResource(target: Target, id: string, state: Properties, oldInputs: Properties, place: Workplace): Promise<Outcome> {
    const { live: old, bookkeeping } = parseState(state);
    const { namespace, name } = parseId(id);
    if (!name) throw new Error(`"${id}" is not an id: write NAMESPACE/NAME, or NAME for what belongs to the cluster.`);
    const known = normalize(manifest(oldInputs));
    const isImport = !Object.keys(known).length && !Object.keys(old).length;
    const shape: Properties = Object.keys(known).length
        ? known
        : { ...firstKind(old, kindOfToken(target.type)), metadata: { name, ...(namespace && { namespace }) } };
    let live: Properties;
    try {
        live = await get(place, { ...shape, metadata: { name, namespace: namespace || namespaceOf(shape) } });
    } catch (error) {
        if (isNotFound(error) || error instanceof UnknownKindError) return { id: "" };
        throw error;
    }
    const inputs = prune(live, shape);
    const fieldManager = annotation(shape, "pulumi.com/patchFieldManager") || bookkeeping.fieldManager || newFieldManager();
    const save = (object: Properties): Properties =>
        checkpoint(inputs, object, oldInputs, { fieldManager, initialApiVersion: bookkeeping.initialApiVersion ?? firstKind(shape).apiVersion });
    const readInputs = markSecrets(inputs, oldInputs);
    try {
        if (!isImport) await checkReady(shape, live, surroundings(target, place));
    } catch (error) {
        if (!(error instanceof NotReadyError)) throw error;
        throw new PartialFailure(error.message, id, save(live), [error.message, ...error.reasons], readInputs);
    } finally {
        place.engine.status(target.urn, "");
    }
    return { id, state: save(live), inputs: readInputs };
}

/** Deletes an object and waits until it is gone, with all that depends on it. One that is gone already is fine. */
export async function deleteResource(target: Target, id: string, state: Properties, timeoutSeconds: number, place: Workplace): Promise<void> {
    const { inputs, live, bookkeeping } = parseState(state);
    const { name } = parseId(id);
    const object = withMember(live, ["metadata", "name"], name);
    try {
        if (isPatchType(target.type, firstKind(object).kind)) return await relinquish(place, object, bookkeeping.fieldManager ?? "");
        const path = await place.discovery.path(firstKind(object), namespaceOf(object), name);
        await place.client.request("DELETE", path, { body: { propagationPolicy: deletionPolicy(inputs) }, signal: place.cancelled });
        if (!skipsDeletionWait(inputs)) await awaitGone(inputs, object, timeoutSeconds, surroundings(target, place));
    } catch (error) {
        if (isNotFound(error) || error instanceof UnknownKindError) return;
        if (!(error instanceof NotReadyError)) throw error;
        const last = error.object ?? object;
        const { fieldManager = "", initialApiVersion = "" } = bookkeeping;
        const message = `'${name}' was not deleted in time: ${[error.message, ...error.reasons].join("; ")}`;
        throw new PartialFailure(message, id, checkpoint(inputs, last, state, { fieldManager, initialApiVersion }), [message]);
    } finally {
        place.engine.status(target.urn, "");
    }
}

function newFieldManager(): string {
    return `pulumi-kubernetes-${crypto.randomBytes(4).toString("hex")}`;
}

function writeOptions({ urn }: Target, isDryRun: boolean, { engine }: Workplace): WriteOptions {
    return { isDryRun, retrying: (message) => engine.status(urn, message) };
}

function surroundings({ urn }: Target, { client, discovery, cancelled, engine }: Workplace): Surroundings {
    return { client, discovery, cancelled, status: (message, severity) => engine.status(urn, message, severity) };
}

/** Whether an error only means that the server cannot tell yet what would come out. An unreachable cluster is worth a warning. */
function cannotPreview(error: unknown, { urn }: Target, { engine }: Workplace): boolean {
    if (error instanceof UnreachableError) engine.log(urn, "warning", error.message);
    if (error instanceof UnreachableError || error instanceof UnknownKindError) return true;
    if (isForbidden(error) || isAlreadyThere(error) || isNotFound(error)) return true;
    return error instanceof ApiError && error.code === 400 && /does not support dry run/.test(error.message);
}

function creationFailure(error: unknown, { urn, type }: Target): Error {
    const { apiVersion, kind } = kindOfToken(type);
    if (error instanceof UnreachableError) return error;
    if (error instanceof UnknownKindError) {
        const cause = "failed because the Kubernetes API server reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been created";
        return new Error(`creation of resource "${urn}" with kind ${apiVersion}/${kind} ${cause}: ${error.message}`);
    }
    const advice = isAlreadyThere(error)
        ? "\n\nThe resource already exists in the cluster. To manage it with Pulumi: pulumi import. If a resource of the program was renamed: give it an alias. To set only some of its fields: use the Patch type."
        : "";
    return new Error(`resource "${urn}" was not successfully created by the Kubernetes API server: ${causeText(error)}${advice}`);
}

/** When the object is still there, the new inputs are kept with it, so that the next update knows what was tried. */
async function updateFailure(error: unknown, { urn }: Target, object: Properties, save: (live: Properties) => Properties, place: Workplace): Promise<Error> {
    if (error instanceof UnreachableError) return error;
    if (error instanceof UnknownKindError) {
        const cause = "failed because the Kubernetes API server reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been created";
        return new Error(`update of resource "${urn}" ${cause}: ${error.message}`);
    }
    const failed = `update of resource "${urn}" failed: ${causeText(error)}`;
    try {
        const live = await get({ ...place, cancelled: new AbortController().signal }, object);
        const message = `the Kubernetes API server reported that "${idOf(live)}" failed to fully initialize or become live: ${causeText(error)}`;
        const hint = error instanceof ConflictError ? ['To take the fields over, set the annotation pulumi.com/patchForce: "true" on the resource.'] : [];
        return new PartialFailure(message, idOf(live), save(live), [message, ...(error instanceof NotReadyError ? error.reasons : hint)]);
    } catch (readError) {
        return new Error(`${failed}\nunable to get cluster state: ${causeText(readError)}`);
    }
}

function deletionPolicy(inputs: Properties): string {
    const policy = annotation(inputs, "pulumi.com/deletionPropagationPolicy").toLowerCase();
    return policy === "orphan" ? "Orphan" : policy === "background" ? "Background" : "Foreground";
}

/** Only these kinds take `pulumi.com/skipAwait` as meant for deletion too: others have always been waited for. */
const skippable = new Set(["Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"]);

function skipsDeletionWait(inputs: Properties): boolean {
    return annotation(inputs, "pulumi.com/skipAwait") === "true" && skippable.has(firstKind(inputs).kind);
}
