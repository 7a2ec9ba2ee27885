/** A rule of a role, as Kubernetes has it. */
export interface RoleRule {
    apiGroups: string[];
    resources: string[];
    verbs: string[];
}

const verbs = ["get", "list", "watch"];
/** What Kiali reads of the whole cluster. Whoever makes its role must be allowed as much. */
export const kialiReads: RoleRule[] = [
    { apiGroups: [""], resources: ["configmaps", "endpoints", "namespaces", "pods", "services"], verbs },
    { apiGroups: ["apps"], resources: ["daemonsets", "deployments", "replicasets", "statefulsets"], verbs },
    { apiGroups: ["batch"], resources: ["cronjobs", "jobs"], verbs },
    {
        apiGroups: [
            "networking.istio.io",
            "security.istio.io",
            "extensions.istio.io",
            "telemetry.istio.io",
            "gateway.networking.k8s.io",
        ],
        resources: ["*"],
        verbs,
    },
    { apiGroups: ["admissionregistration.k8s.io"], resources: ["mutatingwebhookconfigurations"], verbs },
];
