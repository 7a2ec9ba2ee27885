import { get } from "./apply";
import { checkReady } from "./await";
import { prune } from "./compare";
import { causeText, isDenied, isNotFound, NotReadyError, PartialFailure, UnknownKindError } from "./errors";
import { normalize } from "./normalize";
import { kindOf, kindOfToken, namespaceOf, parseId } from "./objects";
import { fieldManagerOf, surroundings, type Outcome, type Target, type Workplace } from "./operation";
import { checkpoint, hideSecrets, manifest, parseState } from "./state";
import type { Properties } from "./values";

/**
 * Reads an object for a refresh or an import, and judges whether it is still ready. Inputs come back as the cluster has them now,
 * cut down to what the program set; an import starts with the object's identity.
 */
export async function readResource(
    target: Target,
    id: string,
    state: Properties,
    oldInputs: Properties,
    place: Workplace,
): Promise<Outcome> {
    const { live: old, bookkeeping } = parseState(state);
    const { namespace, name } = parseId(id);
    if (!name) throw new Error(`"${id}" is not an id: write NAMESPACE/NAME, or NAME for what belongs to the cluster.`);
    const known = normalize(manifest(oldInputs));
    const isImport = !Object.keys(known).length && !Object.keys(old).length;
    const shape: Properties = Object.keys(known).length
        ? known
        : {
              ...(old.kind ? kindOf(old) : kindOfToken(target.type)),
              metadata: { name, ...(namespace && { namespace }) },
          };
    let live: Properties;
    try {
        live = await get(place, { ...shape, metadata: { name, namespace: namespace || namespaceOf(shape) } });
    } catch (error) {
        if (isNotFound(error) || error instanceof UnknownKindError) return { id: "" };
        throw error;
    }
    const inputs = prune(live, shape);
    const fieldManager = fieldManagerOf(shape, bookkeeping.fieldManager);
    const { initialApiVersion = kindOf(shape).apiVersion } = bookkeeping;
    const save = (object: Properties): Properties =>
        checkpoint(inputs, object, oldInputs, { fieldManager, initialApiVersion });
    const readInputs = hideSecrets(inputs, oldInputs);
    try {
        if (!isImport) await checkReady(shape, live, surroundings(target, place));
    } catch (error) {
        if (error instanceof NotReadyError)
            throw new PartialFailure(error.message, id, save(live), [error.message, ...error.reasons], readInputs);
        if (!isDenied(error)) throw error;
        // The object itself may be read: one right that is missing must not keep the whole stack from being refreshed.
        place.engine.log(target.urn, "warning", `Whether ${id} is ready can't be judged: ${causeText(error)}`);
    } finally {
        place.engine.status(target.urn, "");
    }
    return { id, state: save(live), inputs: readInputs };
}
