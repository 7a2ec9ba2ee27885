import { placed, type Placed, worldKind } from "./objects";
import { type Body, bodyAt, encrypted, isBody, numberAt, textAt, type Value } from "./values";

/** A resource as a Pulumi state has it, as far as it is read here. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    /** Whether it only waits for its replacement to be deleted: then it serves no more. */
    readonly delete?: boolean;
    readonly inputs?: unknown;
    readonly outputs?: unknown;
}

/** Under this key Pulumi says what a value in the state is that JSON has no form for. */
const signatureKey = "4dabf18193072939515e22adb298388d";

/**
 * The objects that decide who is served, as the last updates applied them: by the inputs of each, since an update that failed left
 * of an object what was applied before, where stack outputs and inputs of components already hold what never was. What only the
 * cluster says (its name where it was made up, when it was made, how many pods are ready) is in the outputs.
 */
export function objectsInState(resources: readonly StateResource[]): Placed[] {
    return resources.filter((resource) => !resource.delete).flatMap(objectInState);
}

function objectInState({ urn, type, inputs: given, outputs: answered }: StateResource): Placed[] {
    const kind = worldKind(type);
    if (kind === undefined) return [];
    const [inputs, outputs] = [given, answered].map(asWorld);
    const live = bodyAt(outputs, "metadata");
    const metadata = {
        ...(isBody(inputs) ? bodyAt(inputs, "metadata") : live),
        namespace: textAt(live, "namespace") ?? textAt(inputs, "metadata", "namespace"),
        name: textAt(live, "name") ?? textAt(inputs, "metadata", "name"),
        creationTimestamp: textAt(live, "creationTimestamp"),
    };
    const body: Body = { ...(isBody(inputs) ? inputs : isBody(outputs) ? outputs : {}), metadata };
    return [placed(kind, body, { urn, readyPods: numberAt(outputs, "status", "readyReplicas") })];
}

/** A value of a state in the world's form: what is only there encrypted is a sign. */
export function asWorld(value: unknown): Value {
    if (Array.isArray(value)) return value.map(asWorld);
    if (typeof value !== "object" || value === null) return value as Value;
    const { plaintext, [signatureKey]: signature } = value as Record<string, unknown>;
    if (signature !== undefined) return typeof plaintext === "string" ? asWorld(JSON.parse(plaintext)) : encrypted;
    return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, asWorld(one)]));
}
