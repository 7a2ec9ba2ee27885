import { kialiReads } from "../../components/mesh/addons/kialiReads";

/** What one must be allowed. */
export interface Need {
    readonly group: string;
    readonly resource: string;
    readonly verbs: readonly string[];
    /** The only namespaces in which. Default: the whole cluster. */
    readonly namespaces?: readonly string[];
    /** The only objects, by name. Default: all. */
    readonly names?: readonly string[];
}

/** What a system takes beside pods, Services and routes. */
export interface SystemNeeds {
    /** The namespaces that it makes. */
    readonly namespaces: readonly string[];
    /** Whether it keeps a password or a key in them. */
    readonly secrets?: boolean;
    /** What else is made in them: the resources of each API group. */
    readonly more?: Readonly<Record<string, readonly string[]>>;
}

/** What of a stack decides which permissions it takes. */
export interface Uses {
    /** Whether Istio is installed, and none adopted. */
    readonly istio: boolean;
    /** What the systems that it runs take. */
    readonly systems: readonly SystemNeeds[];
    /** Whether it has the addons. */
    readonly addons?: boolean | undefined;
    /** Whether the API server is to hold to the limits, too. */
    readonly admission?: boolean | undefined;
    /** Whether a namespace of its own is still to be made. */
    readonly first?: boolean;
}

const [edge, controlPlane] = ["istio-ingress", "istio-system"];

const look = ["get", "list", "watch"] as const;
const all = [...look, "create", "update", "patch", "delete"] as const;
type Where = Pick<Need, "namespaces" | "names">;
const needsOf = (group: string, resources: readonly string[], verbs: readonly string[], where: Where = {}): Need[] =>
    resources.map((resource) => ({ group, resource, verbs, ...where }));

/** What is made has no name yet when that is asked for. */
const onlyNamed = (group: string, resources: string[], names: string[], where: Where = {}): Need[] => [
    ...needsOf(group, resources, ["create"], where),
    ...needsOf(group, resources, ["get", "update", "patch", "delete"], { ...where, names }),
];

/** The namespaces that the stack makes: nothing need be written in another, but by the addons. */
export function ownNamespaces({ istio, systems }: Pick<Uses, "istio" | "systems">): string[] {
    return [...(istio ? [controlPlane] : []), edge, ...systems.flatMap(({ namespaces }) => namespaces)];
}

/** All that the user of a context needs. Secrets are in it of the stack's namespaces alone. */
export function needs(uses: Uses): readonly Need[] {
    const { istio, systems, addons, admission } = uses;
    const ofSystems = ownNamespaces({ istio: false, systems });
    const secrets = systems.filter((system) => system.secrets).flatMap(({ namespaces }) => namespaces);
    return [
        ...everywhere,
        ...(uses.first ? needsOf("", ["namespaces"], ["create"]) : []),
        ...needsOf("", ["namespaces"], ["update", "patch", "delete"], { names: ownNamespaces(uses) }),
        ...workloads(ofSystems),
        ...ingress,
        ...(secrets.length > 0 ? needsOf("", ["secrets"], all, { namespaces: secrets }) : []),
        ...systems.flatMap(further),
        ...(istio ? installation : []),
        ...(addons ? besideTheMesh(ofSystems) : []),
        ...(admission ? admissionPolicies : []),
    ];
}

/** What decides who is served by what may stand in any namespace, and so may the proxies that call a service. */
const everywhere: readonly Need[] = [
    ...needsOf("", ["namespaces", "pods", "services"], look),
    ...needsOf("apps", ["deployments", "statefulsets", "daemonsets"], look),
    ...needsOf("networking.istio.io", ["virtualservices", "destinationrules"], look),
    // Over a WebSocket it is asked for with GET, which counts as get; from 1.35 on create is asked for as well.
    ...needsOf("", ["pods/portforward"], ["get", "create"]),
];

function workloads(namespaces: readonly string[]): Need[] {
    const here = { namespaces };
    return [
        ...needsOf("", ["services", "serviceaccounts"], all, here),
        ...needsOf("apps", ["deployments"], all, here),
        ...needsOf("policy", ["poddisruptionbudgets"], all, here),
        ...needsOf("networking.istio.io", ["virtualservices", "destinationrules"], all, here),
        ...needsOf("security.istio.io", ["peerauthentications", "authorizationpolicies"], all, here),
        // By these it is seen that Deployments and Services are ready, and why not.
        ...needsOf("", ["endpoints", "events", "persistentvolumeclaims"], look, here),
        ...needsOf("discovery.k8s.io", ["endpointslices"], look, here),
        ...needsOf("apps", ["replicasets"], look, here),
    ];
}

/** The gateway's chart, and what is served there. Helm keeps its releases in Secrets. */
const ingress: readonly Need[] = [
    ...needsOf("", ["secrets"], all, { namespaces: [edge] }),
    ...needsOf("rbac.authorization.k8s.io", ["roles", "rolebindings"], all, { namespaces: [edge] }),
    ...needsOf("autoscaling", ["horizontalpodautoscalers"], all, { namespaces: [edge] }),
    ...needsOf("networking.istio.io", ["gateways", "envoyfilters"], all, { namespaces: [edge] }),
    ...needsOf("security.istio.io", ["requestauthentications"], all, { namespaces: [edge] }),
];

function further({ namespaces, more = {} }: SystemNeeds): Need[] {
    return Object.entries(more).flatMap(([group, resources]) => needsOf(group, resources, all, { namespaces }));
}

/** Istio's own charts. Nobody may hand out more than he has: whoever makes roles for others needs leave for that. */
const installation: readonly Need[] = [
    ...workloads([controlPlane]),
    ...needsOf("", ["secrets", "configmaps"], all, { namespaces: [controlPlane] }),
    ...needsOf("autoscaling", ["horizontalpodautoscalers"], all, { namespaces: [controlPlane] }),
    ...needsOf("networking.istio.io", ["envoyfilters"], all, { namespaces: [controlPlane] }),
    ...needsOf("rbac.authorization.k8s.io", ["roles"], [...all, "escalate", "bind"], { namespaces: [controlPlane] }),
    ...needsOf("rbac.authorization.k8s.io", ["rolebindings"], all, { namespaces: [controlPlane] }),
    ...needsOf("apiextensions.k8s.io", ["customresourcedefinitions"], all),
    ...needsOf("rbac.authorization.k8s.io", ["clusterroles"], [...all, "escalate", "bind"]),
    ...needsOf("rbac.authorization.k8s.io", ["clusterrolebindings"], all),
    ...needsOf(
        "admissionregistration.k8s.io",
        ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
        all,
    ),
    ...needsOf(
        "admissionregistration.k8s.io",
        ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
        all,
    ),
];

/** The addons' pods stand beside the control plane; of its Secrets only Kiali's own may be touched. Kiali reads the whole cluster. */
function besideTheMesh(ofSystems: readonly string[]): Need[] {
    const beside = { namespaces: [controlPlane] };
    const [rbac, kiali] = ["rbac.authorization.k8s.io", ["upshift-kiali"]];
    return [
        ...needsOf("", ["services", "serviceaccounts", "configmaps"], all, beside),
        ...needsOf("apps", ["deployments"], all, beside),
        ...onlyNamed("", ["secrets"], ["kiali"], beside),
        ...needsOf("networking.istio.io", ["virtualservices"], all, beside),
        ...needsOf("telemetry.istio.io", ["telemetries"], all, beside),
        ...needsOf("", ["endpoints", "events"], look, beside),
        ...needsOf("discovery.k8s.io", ["endpointslices"], look, beside),
        ...needsOf("apps", ["replicasets"], look, beside),
        ...needsOf(rbac, ["roles", "rolebindings"], all, { namespaces: [controlPlane, ...ofSystems] }),
        ...onlyNamed(rbac, ["clusterroles", "clusterrolebindings"], kiali),
        ...kialiReads.flatMap(({ apiGroups, resources, verbs }) =>
            apiGroups.flatMap((group) => needsOf(group, resources, verbs)),
        ),
    ];
}

const admissionPolicies = needsOf(
    "admissionregistration.k8s.io",
    ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
    all,
);
