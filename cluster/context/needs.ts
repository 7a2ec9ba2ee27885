/** What one must be allowed, cluster-wide. */
export interface Need {
    readonly group: string;
    readonly resource: string;
    readonly verbs: readonly string[];
}

/** What of a stack decides which permissions it takes. */
export interface Uses {
    /** Whether Istio is installed, and none adopted. */
    readonly istio: boolean;
    /** Whether it has the addons. */
    readonly addons?: boolean;
    /** Whether it runs the system `notifications`. */
    readonly notifications?: boolean;
    /** Whether the API server is to hold to the limits, too. */
    readonly admission?: boolean;
}

const all = ["get", "list", "watch", "create", "update", "patch", "delete"] as const;
const look = ["get", "list", "watch"] as const;
const need = (group: string, resource: string, verbs: readonly string[] = all): Need => ({ group, resource, verbs });

/** What the program creates, and what its hooks ask the proxies. */
const needsOfProgram: readonly Need[] = [
    ...["namespaces", "services", "secrets", "serviceaccounts", "configmaps"].map((name) => need("", name)),
    need("", "pods", look),
    // By these it is seen that Deployments and Services are ready, and why not.
    ...["endpoints", "events", "persistentvolumeclaims"].map((name) => need("", name, look)),
    need("discovery.k8s.io", "endpointslices", look),
    need("apps", "replicasets", look),
    // Over a WebSocket it is asked for with GET, which counts as get; from 1.35 on create is asked for as well.
    need("", "pods/portforward", ["get", "create"]),
    need("apps", "deployments"),
    need("policy", "poddisruptionbudgets"),
    need("rbac.authorization.k8s.io", "roles"),
    need("rbac.authorization.k8s.io", "rolebindings"),
    need("autoscaling", "horizontalpodautoscalers"),
    ...["virtualservices", "destinationrules", "gateways"].map((name) => need("networking.istio.io", name)),
    ...["peerauthentications", "requestauthentications", "authorizationpolicies"].map((name) =>
        need("security.istio.io", name),
    ),
];

/** Nobody may hand out more than he has: whoever makes roles for others needs leave for that. */
const clusterRoles: readonly Need[] = [
    need("rbac.authorization.k8s.io", "clusterroles", [...all, "escalate", "bind"]),
    need("rbac.authorization.k8s.io", "clusterrolebindings"),
];

/** What the installation of Istio creates besides. */
const needsOfIstio: readonly Need[] = [
    need("apiextensions.k8s.io", "customresourcedefinitions"),
    ...clusterRoles,
    need("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    need("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
];

/** Kiali reads the whole cluster, and the proxies are told to trace. */
const needsOfAddons: readonly Need[] = [...clusterRoles, need("telemetry.istio.io", "telemetries")];

/** The X-Ray daemon on every node, and the Ingress of the load balancer. */
const needsOfNotifications: readonly Need[] = [need("apps", "daemonsets"), need("networking.k8s.io", "ingresses")];

const needsOfAdmission: readonly Need[] = ["validatingadmissionpolicies", "validatingadmissionpolicybindings"].map(
    (name) => need("admissionregistration.k8s.io", name),
);

/** All that the user of a context needs, each once. */
export function needs({ istio, addons, notifications, admission }: Uses): readonly Need[] {
    const wanted = [
        ...(istio ? needsOfIstio : []),
        ...needsOfProgram,
        ...(addons ? needsOfAddons : []),
        ...(notifications ? needsOfNotifications : []),
        ...(admission ? needsOfAdmission : []),
    ];
    return [...new Set(wanted)];
}

/** What any stack needs. */
export const everyNeed: readonly Need[] = needs({ istio: true, addons: true, notifications: true, admission: true });
