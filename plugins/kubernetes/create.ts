import { applyPatch, create, wantsForce } from "./apply";
import { awaitReady } from "./await";
import { causeText, isAlreadyThere, NotReadyError, PartialFailure, UnknownKindError, UnreachableError } from "./errors";
import { idOf, isPatchType, kindOf, kindOfToken, withoutMember } from "./objects";
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
import { checkpoint, manifest } from "./state";
import { hasUnknown, type Properties } from "./values";

/**
 * Makes an object and waits until it is ready. In a preview the server is asked what would come out; where it cannot say (no
 * namespace or kind yet, values unknown, no cluster), the inputs are the answer.
 *
 * @throws PartialFailure when the object is made but does not get ready; Error when it is not made.
 */
export async function createResource(
    target: Target,
    news: Properties,
    timeoutSeconds: number,
    isPreview: boolean,
    place: Workplace,
): Promise<Outcome> {
    const inputs = manifest(news);
    const isPatch = isPatchType(target.type, kindOf(inputs).kind);
    if (isPreview && (hasUnknown(inputs) || isPatch)) return { id: "", state: news };
    const fieldManager = fieldManagerOf(inputs);
    const save = (live: Properties): Properties =>
        checkpoint(inputs, live, news, { fieldManager, initialApiVersion: kindOf(inputs).apiVersion });
    let written: Properties;
    try {
        const options = writeOptions(target, isPreview, place);
        const force = wantsForce(inputs, place.patchForce);
        written = isPatch
            ? await applyPatch(place, inputs, { ...options, fieldManager, force, ignoreChanges: [] })
            : await create(place, inputs, options);
    } catch (error) {
        if (isPreview && cannotPreview(error, target, place)) return { id: "", state: news };
        throw creationFailure(error, target);
    }
    if (isPreview) return { id: "", state: save(withoutMember(written, ["status"])) };
    try {
        return {
            id: idOf(written),
            state: save(await awaitReady(inputs, written, timeoutSeconds, surroundings(target, place))),
        };
    } catch (error) {
        // Whatever came in between, it is made: outside of the state it would be there already at the next update.
        const { object = written, reasons } =
            error instanceof NotReadyError ? error : { object: undefined, reasons: [] };
        const message =
            `resource "${target.urn}" was successfully created, but the Kubernetes API server reported that it failed ` +
            `to fully initialize or become live: ${causeText(error)}`;
        throw new PartialFailure(message, idOf(written), save(object), [message, ...reasons]);
    } finally {
        place.engine.status(target.urn, "");
    }
}

function creationFailure(error: unknown, { urn, type }: Target): Error {
    const { apiVersion, kind } = kindOfToken(type);
    if (error instanceof UnreachableError) return error;
    if (error instanceof UnknownKindError) {
        return new Error(
            `creation of resource "${urn}" with kind ${apiVersion}/${kind} ${unknownKindAdvice}: ${error.message}`,
        );
    }
    const advice = isAlreadyThere(error)
        ? "\n\nThe resource already exists in the cluster. To manage it with Pulumi: pulumi import. " +
          "If a resource of the program was renamed: give it an alias. To set only some of its fields: use the Patch type."
        : "";
    return new Error(
        `resource "${urn}" was not successfully created by the Kubernetes API server: ${causeText(error)}${advice}`,
    );
}
