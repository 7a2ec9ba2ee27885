import { identityOf, type Placed } from "../../components/traffic/world/objects";
import type { World } from "../../components/traffic/world/world";
import { type Body, bodyAt, encrypted, isBody, type KubeObject, textAt, unknown, type Value } from "./object";

/**
 * Objects as a program asks for them, fit to be laid over what there is: of a patch the whole object, and in place of what nobody
 * can compare (values that a preview does not know, or that the state has only encrypted) what was there before.
 *
 * @param applied the state.
 * @param before what they are laid over.
 */
export function proposed(objects: readonly KubeObject[], applied: readonly KubeObject[], before: World): Placed[] {
    const byUrn = new Map(applied.map((one) => [one.urn, one]));
    const there = new Map(before.objects.map((one) => [identityOf(one), one]));
    return objects.map((object) => {
        const was = [object.urn, ...object.aliases].map((urn) => byUrn.get(urn)).find((one) => one !== undefined);
        const known = was ? withKnown(object, was) : object;
        const whole = object.isPatch ? there.get(identityOf(known)) : undefined;
        return whole ? { ...known, body: patched(whole.body, known.body, object.kind) } : known;
    });
}

/** Routes must be known to be judged; of all else what can't be compared counts as it was, until an update knows it. */
function withKnown(object: KubeObject, was: KubeObject): KubeObject {
    const metadata = comparable(object.body.metadata, was.body.metadata) as Body;
    const spec = object.kind === "VirtualService" ? object.body.spec : comparable(object.body.spec, was.body.spec);
    const namespace = textAt(metadata, "namespace") ?? object.namespace;
    return { ...object, namespace, body: { ...object.body, metadata, spec } };
}

function comparable(value: Value, was: Value): Value {
    if (was === encrypted || (value === unknown && was !== undefined)) return was;
    if (Array.isArray(value))
        return value.map((one, index) => comparable(one, Array.isArray(was) ? was[index] : undefined));
    if (!isBody(value)) return value;
    return Object.fromEntries(
        Object.entries(value).map(([field, one]) => [field, comparable(one, isBody(was) ? was[field] : undefined)]),
    );
}

/** An object with a patch in it. Istio's lists are replaced as a whole; those of pods are merged by the names in them. */
function patched(whole: Body, patch: Body, kind: string): Body {
    const isByName = !["VirtualService", "DestinationRule"].includes(kind);
    const into = (old: Value, next: Value): Value => {
        if (isBody(old) && isBody(next))
            return {
                ...old,
                ...Object.fromEntries(Object.entries(next).map(([field, one]) => [field, into(old[field], one)])),
            };
        if (!isByName || !Array.isArray(old) || !Array.isArray(next) || !next.every((one) => nameIn(one))) return next;
        const merged = old.map((one) => into(one, next.find((other) => nameIn(other) === nameIn(one)) ?? one));
        return [...merged, ...next.filter((one) => !old.some((other) => nameIn(other) === nameIn(one)))];
    };
    return { ...whole, metadata: into(whole.metadata, bodyAt(patch, "metadata")), spec: into(whole.spec, patch.spec) };
}

function nameIn(value: Value): string | undefined {
    return textAt(value, "name");
}
