import { canonicalQuantity } from "./quantity";
import { groupOf, kindOf, withoutMember } from "./objects";
import { hasUnknown, isObject, mapObject, type Properties, type Value } from "./values";

/** Groups whose types the API server compiles in: it drops empty members of their objects and rewrites quantities. */
const builtInGroups = new Set(
    (
        ",apps,batch,autoscaling,policy,extensions,networking.k8s.io,rbac.authorization.k8s.io,storage.k8s.io,admissionregistration.k8s.io," +
        "scheduling.k8s.io,coordination.k8s.io,discovery.k8s.io,node.k8s.io,events.k8s.io,certificates.k8s.io,authentication.k8s.io," +
        "authorization.k8s.io,flowcontrol.apiserver.k8s.io,resource.k8s.io"
    ).split(","),
);

/** Whether the API server compiles in the types of a group; all others come with a custom resource definition. */
export function isBuiltIn(apiVersion: string): boolean {
    return builtInGroups.has(groupOf(apiVersion));
}

const serverSetMetadata = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
];

/**
 * Writes an object as the API server will give it back, so that two spellings of the same thing make no difference: quantities
 * in their canonical form, empty members left out, a Secret's `stringData` as `data`. Custom resources, and what a preview
 * does not know in full, are left as they are.
 */
export function normalize(object: Properties): Properties {
    const { apiVersion, kind } = kindOf(object);
    let normal = object;
    if (!hasUnknown(object)) {
        if (apiVersion === "v1" && kind === "Secret") normal = normalizeSecret(object);
        else if (kind === "CustomResourceDefinition") normal = normalizeCrd(object);
        else if (isBuiltIn(apiVersion)) normal = normalizeMembers(object);
    }
    return serverSetMetadata.reduce((rest, field) => withoutMember(rest, ["metadata", field]), normal);
}

/** What the server does itself: `stringData` goes over `data`, in base64, and base64 loses its white space. */
function normalizeSecret(secret: Properties): Properties {
    const { stringData, data, ...rest } = secret;
    const encoded = isObject(stringData)
        ? mapObject(stringData, (value) =>
              Buffer.from(String(value as string | number | boolean | null)).toString("base64"),
          )
        : {};
    const known = isObject(data)
        ? mapObject(data, (value) => (typeof value === "string" ? value.replace(/\s/g, "") : value))
        : data;
    if (!Object.keys(encoded).length)
        return known === undefined ? withoutMember(secret, ["stringData"]) : { ...rest, data: known };
    return { ...rest, data: { ...(isObject(known) ? known : {}), ...encoded } };
}

function normalizeCrd(crd: Properties): Properties {
    const spec = crd.spec;
    const pruned =
        isObject(spec) && spec.preserveUnknownFields === false
            ? withoutMember(crd, ["spec", "preserveUnknownFields"])
            : crd;
    return withoutMember(pruned, ["status"]);
}

/** Members that hold a name for each value, chosen by users: nothing in them is dropped. */
const freeMaps = new Set([
    "data",
    "binaryData",
    "stringData",
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "selector",
    "parameters",
]);
/** Members that hold a quantity for each resource. */
const quantityMaps = new Set([
    "limits",
    "requests",
    "hard",
    "capacity",
    "overhead",
    "default",
    "defaultRequest",
    "max",
    "min",
]);
const quantities = new Set(["sizeLimit", "divisor", "averageValue"]);
/** Members that mean the same when false or 0 as when they are not there; the server drops them then. */
const droppedWhenZero = new Set(
    (
        "hostNetwork hostPID hostIPC stdin stdinOnce tty readOnly paused publishNotReadyAddresses minReadySeconds initialDelaySeconds hostPort nodePort " +
        "healthCheckNodePort"
    ).split(" "),
);
/** Members that mean the same when empty as when they are not there. Others can mean something: `storageClassName: ""` does. */
const droppedWhenBlank = new Set(
    "value namespace clusterIP externalName serviceAccountName nodeName subPath hostname subdomain type protocol imagePullPolicy".split(
        " ",
    ),
);
/** Structures that mean nothing when empty; others do: `emptyDir: {}`, `podSelector: {}`. */
const droppedWhenEmpty = new Set(["labels", "annotations", "nodeSelector", "matchLabels"]);
/** Lists that stay although they are empty. */
const keptWhenEmpty = new Set(["rules", "verbs", "containers"]);

function normalizeMembers(object: Properties): Properties {
    const kept: Properties = {};
    for (const [key, value] of Object.entries(object)) {
        if (!isDropped(key, value)) kept[key] = normalizeMember(key, value);
    }
    return kept;
}

function isDropped(key: string, value: Value): boolean {
    if (value === null) return true;
    if (Array.isArray(value)) return !value.length && !keptWhenEmpty.has(key);
    if (value === "") return droppedWhenBlank.has(key);
    if (value === false || value === 0) return droppedWhenZero.has(key);
    return isObject(value) && !Object.keys(value).length && droppedWhenEmpty.has(key);
}

function normalizeMember(key: string, value: Value): Value {
    if (quantities.has(key) && (typeof value === "string" || typeof value === "number"))
        return canonicalQuantity(value);
    if (Array.isArray(value)) return value.map((item) => (isObject(item) ? normalizeMembers(item) : item));
    if (!isObject(value)) return value;
    if (quantityMaps.has(key))
        return mapObject(value, (item) =>
            typeof item === "string" || typeof item === "number" ? canonicalQuantity(item) : item,
        );
    // A Service's selector is a free map, a Deployment's is a structure whose members say what they are.
    return freeMaps.has(key) && !("matchLabels" in value || "matchExpressions" in value)
        ? value
        : normalizeMembers(value);
}
