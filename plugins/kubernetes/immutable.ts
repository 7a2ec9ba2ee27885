import type { Path } from "./compare";
import { groupOf, kindOf } from "./objects";
import { isObject, type Properties, type Value } from "./values";

/**
 * Fields that Kubernetes refuses to change, by group and kind: a change of one replaces the object. `*` stands for every item of
 * an array. Everything has its name and namespace; a field covers all that lies below it.
 */
const immutableFields: Readonly<Record<string, readonly string[]>> = {
    "/PersistentVolume": volumeSources(),
    "/PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
    "/Pod": [...podFields(), ...containerFields("spec.containers.*"), ...containerFields("spec.initContainers.*")],
    "/ResourceQuota": ["spec.scopes"],
    "/Service": ["spec.clusterIP"],
    "apps/DaemonSet": ["spec.selector"],
    "apps/Deployment": ["spec.selector"],
    "apps/StatefulSet": [
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ],
    "batch/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
    "rbac.authorization.k8s.io/ClusterRoleBinding": ["roleRef"],
    "rbac.authorization.k8s.io/RoleBinding": ["roleRef"],
    "storage.k8s.io/StorageClass": ["parameters", "provisioner"],
};

/** How ConfigMaps and Secrets are treated: replaced by default, so that pods see new settings only by a new rollout. */
export interface Mutability {
    configMaps: boolean;
    secrets: boolean;
}

/** Whether a change of `value` at `path` means that the object has to be replaced. */
export function forcesReplacement(object: Properties, path: Path, value: Value, mutable: Mutability): boolean {
    return fieldsOf(object, mutable).some((field) => touches(field.split("."), path, value));
}

function fieldsOf(object: Properties, mutable: Mutability): readonly string[] {
    const { apiVersion, kind } = kindOf(object);
    const identity = ["metadata.name", "metadata.namespace"];
    if (apiVersion === "v1" && kind === "Secret") {
        return [...identity, "type", ...(mutable.secrets && !object.immutable ? [] : ["stringData", "data"])];
    }
    if (apiVersion === "v1" && kind === "ConfigMap") {
        return mutable.configMaps && !object.immutable ? identity : [...identity, "binaryData", "data"];
    }
    return [...identity, ...(immutableFields[`${groupOf(apiVersion)}/${kind}`] ?? [])];
}

/** The field lies above the changed place, at it, or inside the changed value. */
function touches(field: readonly string[], path: Path, value: Value): boolean {
    const [wanted, ...deeper] = field;
    if (wanted === undefined) return true;
    const [step, ...rest] = path;
    if (step !== undefined)
        return (typeof step === "number" ? wanted === "*" : wanted === step) && touches(deeper, rest, value);
    if (Array.isArray(value)) return wanted === "*" && value.some((item) => touches(deeper, [], item));
    return isObject(value) && wanted in value && touches(deeper, [], value[wanted] ?? null);
}

function volumeSources(): string[] {
    const sources =
        "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs hostPath iscsi local nfs " +
        "photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume";
    return sources.split(" ").map((source) => `spec.${source}`);
}

/** All of a pod's spec but the tolerations and the deadline, which may be added to and shortened. */
function podFields(): string[] {
    const fields =
        "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork hostPID hostname imagePullSecrets " +
        "nodeName nodeSelector overhead preemptionPolicy priority priorityClassName readinessGates restartPolicy runtimeClassName schedulerName " +
        "securityContext serviceAccount serviceAccountName shareProcessNamespace subdomain terminationGracePeriodSeconds volumes";
    return fields.split(" ").map((field) => `spec.${field}`);
}

function containerFields(container: string): string[] {
    const fields =
        "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext stdin stdinOnce " +
        "terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir";
    return fields.split(" ").map((field) => `${container}.${field}`);
}
