import { CoreV1Api, type KubeConfig, type V1Pod } from "@kubernetes/client-node";

/**
 * What keeps a pod from the machine: the kernel here is the machine's, so a pod that is given the machine's files, its
 * processes or all privileges is root on it. The API server refuses such pods, whoever asks and in whatever namespace.
 *
 * Only Istio's own first container, which sets up the pod's network rules, gets NET_ADMIN and NET_RAW: in the pod's network
 * they reach no further than the pod. Administrators of the cluster can take the policies away, and are as mighty as root then.
 */
export const containment = (): object[] => [
    ...policy(
        "upshift-pods",
        [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }, ephemeralContainers()],
        { variables: podVariables(), validations: podRules() },
    ),
    ...policy(
        "upshift-volumes",
        [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["persistentvolumes"] }],
        { validations: [volumeRule] },
    ),
];

/**
 * Resolves when the API server refuses what it must: a policy counts from a moment after it was written.
 *
 * @throws when it takes the worst pod there is; it was only asked, and none was made
 */
export async function isContained(config: KubeConfig): Promise<void> {
    const body: V1Pod = {
        metadata: { name: "upshift-asks" },
        spec: { containers: [{ name: "asks", image: "asks", securityContext: { privileged: true } }] },
    };
    try {
        // In a namespace that nobody gives other standards, which would refuse it first.
        await config.makeApiClient(CoreV1Api).createNamespacedPod({ namespace: "kube-public", body, dryRun: "All" });
    } catch (error) {
        if (String((error as { body?: string }).body).includes("upshift-pods")) return;
        throw error;
    }
    throw new Error("the API server still takes privileged pods");
}

/** Containers that `kubectl debug` adds to a pod that runs. */
function ephemeralContainers(): object {
    return { apiGroups: [""], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["pods/ephemeralcontainers"] };
}

/** A policy, and what puts it in force: for every namespace, with no exception. */
function policy(name: string, resourceRules: object[], rules: object): object[] {
    const apiVersion = "admissionregistration.k8s.io/v1";
    return [
        {
            apiVersion,
            kind: "ValidatingAdmissionPolicy",
            metadata: { name },
            spec: { failurePolicy: "Fail", matchConstraints: { resourceRules }, ...rules },
        },
        {
            apiVersion,
            kind: "ValidatingAdmissionPolicyBinding",
            metadata: { name },
            spec: { policyName: name, validationActions: ["Deny"] },
        },
    ];
}

interface Rule {
    expression: string;
    message: string;
}

/** The kinds of containers that a pod's spec has, each as CEL. */
const kinds = ["containers", "initContainers", "ephemeralContainers"] as const;

/** `all`: the security contexts of all containers; `notFirst`: of those that may not set up the pod's network. */
function podVariables(): object[] {
    const contextsOf = (list: string, but = "true"): string =>
        `(has(object.spec.${list}) ? object.spec.${list}.filter(c, has(c.securityContext) && ${but}).map(c, c.securityContext) : [])`;
    return [
        { name: "all", expression: kinds.map((kind) => contextsOf(kind)).join(" + ") },
        {
            name: "notFirst",
            expression: kinds
                .map((kind) => contextsOf(kind, kind === "initContainers" ? isIstiosFirst : "true"))
                .join(" + "),
        },
    ];
}

/** Istio's first container ends before the others begin; a sidecar, which goes on, is none. */
const isIstiosFirst = '!(c.name == "istio-init" && !has(c.restartPolicy))';

/** What Pod Security's baseline standard lets a container add: what container runtimes give anyway. */
const usualCapabilities =
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
        " ",
    );

/** What Pod Security's restricted standard lets a pod mount: nothing that is of the machine. */
const volumes = "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret".split(" ");

function podRules(): Rule[] {
    const list = (names: readonly string[]): string => `[${names.map((name) => `"${name}"`).join(", ")}]`;
    const adds = (capabilities: readonly string[]): string =>
        `(!has(s.capabilities) || !has(s.capabilities.add) || s.capabilities.add.all(a, a in ${list(capabilities)}))`;
    return [
        ...["hostPID", "hostIPC", "hostNetwork"].map((field) => ({
            expression: `!has(object.spec.${field}) || !object.spec.${field}`,
            message: refused(`${field} gives the pod what is the node's own`),
        })),
        {
            expression: `!has(object.spec.volumes) || object.spec.volumes.all(v, ${volumes.map((kind) => `has(v.${kind})`).join(" || ")})`,
            message: refused(`a volume is of another kind (hostPath?) than ${volumes.join(", ")}`),
        },
        {
            expression: "variables.all.all(s, !has(s.privileged) || !s.privileged)",
            message: refused("a container is privileged"),
        },
        {
            expression: `variables.notFirst.all(s, ${adds(usualCapabilities)}) && variables.all.all(s, ${adds([...usualCapabilities, "NET_ADMIN", "NET_RAW"])})`,
            message: refused("a container adds capabilities; NET_ADMIN and NET_RAW are for istio-init alone"),
        },
        {
            expression: 'variables.all.all(s, !has(s.procMount) || s.procMount == "Default")',
            message: refused("a container has /proc unmasked"),
        },
        ...(["seccompProfile", "appArmorProfile"] as const).map((profile) => ({
            expression: `${isFiltered("object.spec.?securityContext", profile)} && variables.all.all(s, ${isFiltered("s", profile)})`,
            message: refused(`the pod or a container asks for no filter (${profile} Unconfined)`),
        })),
    ];
}

/** Of a security context, a pod's or a container's. What is left out is the kubelet's default: the runtime's filter. */
function isFiltered(context: string, profile: string): string {
    return `${context}.?${profile}.?type.orValue("") != "Unconfined"`;
}

const volumeRule: Rule = {
    expression: "!has(object.spec.hostPath) && !has(object.spec.local)",
    message: refused("a volume is a folder of the machine (hostPath, local)"),
};

function refused(what: string): string {
    return `${what}: the embedded cluster runs on this machine's kernel and lets no pod reach the machine (docs/embedded.md)`;
}
