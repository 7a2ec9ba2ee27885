import { asWorld } from "./engineValues";
import { placed, type Placed, worldKind } from "./objects";
import { type Body, bodyAt, isBody, textAt, type Value } from "./values";
import { readyIn } from "./workloads";

/** A resource as a Pulumi state has it, as far as it is read here. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    /** Whether it only waits for its replacement to be deleted: then it serves no more. */
    readonly delete?: boolean | undefined;
    readonly inputs?: unknown;
    readonly outputs?: unknown;
}

/**
 * The objects that decide who is served, as the last updates applied them: by the inputs of each, since an update that failed left
 * of an object what was applied before, where stack outputs and inputs of components already hold what never was. What only the
 * cluster says (its name where it was made up, when it was made, how many pods are ready) is in the outputs.
 */
export function objectsInState(resources: readonly StateResource[]): Placed[] {
    return resources.filter((resource) => !resource.delete).flatMap(objectInState);
}

/**
 * What of a resource is applied: its inputs. One that was imported and not updated since has its name alone for inputs, and is what was
 * read of it: who takes that for an object without routes takes its first update for one that moves everybody.
 */
export function appliedBody(inputs: Value, outputs: Value): Value {
    const isImported = isBody(inputs) && inputs.spec === undefined && bodyAt(outputs).spec !== undefined;
    return isImported ? { ...inputs, spec: bodyAt(outputs).spec } : inputs;
}

function objectInState({ urn, type, inputs: given, outputs: answered }: StateResource): Placed[] {
    const kind = worldKind(type);
    if (kind === undefined) return [];
    const outputs = asWorld(answered);
    const inputs = appliedBody(asWorld(given), outputs);
    const live = bodyAt(outputs, "metadata");
    const metadata = {
        ...(isBody(inputs) ? bodyAt(inputs, "metadata") : live),
        namespace: textAt(live, "namespace") ?? textAt(inputs, "metadata", "namespace"),
        name: textAt(live, "name") ?? textAt(inputs, "metadata", "name"),
        creationTimestamp: textAt(live, "creationTimestamp"),
    };
    const body: Body = { ...(isBody(inputs) ? inputs : isBody(outputs) ? outputs : {}), metadata };
    return [placed(kind, body, { urn, readyPods: readyIn(outputs) })];
}
