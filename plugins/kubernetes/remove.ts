import { get, relinquish } from "./apply";
import { awaitGone } from "./await";
import { isNotFound, NotReadyError, PartialFailure, UnknownKindError } from "./errors";
import { annotation, isAnnotated, isPatchType, kindOf, namespaceOf, parseId, withMember } from "./objects";
import { surroundings, type Target, type Workplace } from "./operation";
import { checkpoint, parseState } from "./state";
import type { Properties } from "./values";

/** Deletes an object and waits until it is gone, with all that depends on it. One that is gone already is fine. */
export async function deleteResource(
    target: Target,
    id: string,
    state: Properties,
    timeoutSeconds: number,
    place: Workplace,
): Promise<void> {
    const { inputs, live, bookkeeping } = parseState(state);
    const { name } = parseId(id);
    const object = withMember(live, ["metadata", "name"], name);
    try {
        if (isPatchType(target.type, kindOf(object).kind)) {
            await relinquish(place, await get(place, object), bookkeeping.fieldManager ?? "");
            return;
        }
        const path = await place.discovery.path(kindOf(object), namespaceOf(object), name);
        await place.client.request("DELETE", path, {
            body: { propagationPolicy: deletionPolicy(inputs) },
            signal: place.cancelled,
        });
        if (!skipsDeletionWait(inputs)) await awaitGone(inputs, object, timeoutSeconds, surroundings(target, place));
    } catch (error) {
        if (isNotFound(error) || error instanceof UnknownKindError) return;
        if (!(error instanceof NotReadyError)) throw error;
        const last = error.object ?? object;
        const { fieldManager = "", initialApiVersion = "" } = bookkeeping;
        const message = `'${name}' was not deleted in time: ${[error.message, ...error.reasons].join("; ")}`;
        throw new PartialFailure(message, id, checkpoint(inputs, last, state, { fieldManager, initialApiVersion }), [
            message,
        ]);
    } finally {
        place.engine.status(target.urn, "");
    }
}

function deletionPolicy(inputs: Properties): string {
    const policy = annotation(inputs, "pulumi.com/deletionPropagationPolicy").toLowerCase();
    return policy === "orphan" ? "Orphan" : policy === "background" ? "Background" : "Foreground";
}

/** Only these kinds take `pulumi.com/skipAwait` as meant for deletion too: others have always been waited for. */
const skippable = new Set([
    "Namespace",
    "Pod",
    "ReplicationController",
    "DaemonSet",
    "Deployment",
    "StatefulSet",
    "Job",
]);

function skipsDeletionWait(inputs: Properties): boolean {
    return isAnnotated(inputs, "pulumi.com/skipAwait") && skippable.has(kindOf(inputs).kind);
}
