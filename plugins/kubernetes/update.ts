import { type ApplyOptions, applyPatch, ConflictError, get, relinquish, update, wantsForce } from "./apply";
import { awaitReady } from "./await";
import { causeText, isNotFound, NotReadyError, PartialFailure, UnknownKindError, UnreachableError } from "./errors";
import { normalize } from "./normalize";
import { idOf, isPatchType, kindOf } from "./objects";
import {
    cannotPreview,
    fieldManagerOf,
    surroundings,
    unknownKindAdvice,
    writeOptions,
    type Outcome,
    type Target,
    type Workplace,
} from "./operation";
import { checkpoint, manifest, parseState } from "./state";
import { hasUnknown, type Properties } from "./values";

/**
 * Changes an object in place by server-side apply, a preview by a dry run, and waits until it is ready.
 *
 * @throws PartialFailure when the object is there but not as wanted, in a preview too; Error when it is not there.
 */
export async function updateResource(
    target: Target,
    olds: Properties,
    news: Properties,
    {
        timeoutSeconds,
        isPreview,
        ignoreChanges,
    }: { timeoutSeconds: number; isPreview: boolean; ignoreChanges: readonly string[] },
    place: Workplace,
): Promise<Outcome> {
    const inputs = normalize(manifest(news));
    if (isPreview && hasUnknown(inputs)) return { id: "", state: news };
    const { live: old, inputs: oldInputs, bookkeeping } = parseState(olds);
    const oldManager = fieldManagerOf(oldInputs, bookkeeping.fieldManager);
    const fieldManager = fieldManagerOf(inputs, oldManager);
    const { initialApiVersion = kindOf(inputs).apiVersion } = bookkeeping;
    const save = (live: Properties): Properties => checkpoint(inputs, live, news, { fieldManager, initialApiVersion });
    const object = { ...inputs, metadata: old.metadata ?? {} };
    try {
        const force = wantsForce(inputs, place.patchForce);
        const options = { ...writeOptions(target, isPreview, place), fieldManager, force, ignoreChanges };
        // A patch takes nothing over: what it does not name belongs to somebody else.
        const isPatch = isPatchType(target.type, kindOf(inputs).kind);
        const written = await (isPatch
            ? patch(place, inputs, object, options)
            : update(place, inputs, object, options));
        if (isPreview) return { id: "", state: save(written) };
        const ready = await awaitReady(inputs, written, timeoutSeconds, surroundings(target, place));
        if (fieldManager !== oldManager) await relinquish(place, ready, oldManager);
        return { id: idOf(ready), state: save(ready) };
    } catch (error) {
        // Unlike at a creation, an object that is not there is worth telling: somebody has deleted it.
        if (isPreview && !isNotFound(error) && cannotPreview(error, target, place)) return { id: "", state: news };
        throw await updateFailure(error, target, object, save, place);
    } finally {
        place.engine.status(target.urn, "");
    }
}

/** @throws ApiError, not found: an apply would make what is not there */
async function patch(
    place: Workplace,
    inputs: Properties,
    object: Properties,
    options: ApplyOptions,
): Promise<Properties> {
    await get(place, object);
    return applyPatch(place, inputs, options);
}

/** When the object is still there, the new inputs are kept with it, so that the next update knows what was tried. */
async function updateFailure(
    error: unknown,
    { urn }: Target,
    object: Properties,
    save: (live: Properties) => Properties,
    place: Workplace,
): Promise<Error> {
    if (error instanceof UnreachableError) return error;
    if (error instanceof UnknownKindError)
        return new Error(`update of resource "${urn}" ${unknownKindAdvice}: ${error.message}`);
    try {
        // Read even when everything else is cancelled: what is in the cluster has to get into the state.
        const live = await get({ ...place, cancelled: new AbortController().signal }, object);
        const message = `the Kubernetes API server reported that "${idOf(live)}" failed to fully initialize or become live: ${causeText(error)}`;
        const advice = error instanceof ConflictError ? conflictAdvice : "";
        return new PartialFailure(message, idOf(live), save(live), [
            message + advice,
            ...(error instanceof NotReadyError ? error.reasons : []),
        ]);
    } catch (readError) {
        return new Error(
            `update of resource "${urn}" failed: ${causeText(error)}\nunable to get cluster state: ${causeText(readError)}`,
        );
    }
}

const conflictAdvice = '\nTo take the fields over, set the annotation pulumi.com/patchForce: "true" on the resource.';
