import { AuthenticationV1Api, AuthorizationV1Api, type KubeConfig } from "@kubernetes/client-node";
import type { Finding } from "../target";
import { withPatience } from "./connect";

/** What one must be allowed, cluster-wide. */
export interface Need {
    readonly group: string;
    readonly resource: string;
    readonly verbs: readonly string[];
}

const all = ["get", "list", "watch", "create", "update", "patch", "delete"] as const;
const need = (group: string, resource: string, verbs: readonly string[] = all): Need => ({ group, resource, verbs });

/** What the program creates, and what its hooks ask the proxies. */
const needsOfProgram: readonly Need[] = [
    ...["namespaces", "services", "secrets", "serviceaccounts", "configmaps"].map((name) => need("", name)),
    need("", "pods", ["get", "list", "watch"]),
    need("", "pods/portforward", ["create"]),
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

/** What the installation of Istio creates besides. */
const needsOfIstio: readonly Need[] = [
    need("apiextensions.k8s.io", "customresourcedefinitions"),
    // Nobody may hand out more than he has: whoever installs Istio's roles needs leave for that.
    need("rbac.authorization.k8s.io", "clusterroles", [...all, "escalate", "bind"]),
    need("rbac.authorization.k8s.io", "clusterrolebindings"),
    need("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    need("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
];

/** All that the user of a context needs. */
export function needs(installsIstio: boolean): readonly Need[] {
    return installsIstio ? [...needsOfIstio, ...needsOfProgram] : needsOfProgram;
}

/**
 * What the user of a context may not do, of what is needed: the API server is asked for each (SelfSubjectAccessReview),
 * and nothing is tried.
 */
export async function missingPermissions(config: KubeConfig, wanted: readonly Need[]): Promise<Need[]> {
    const api = config.makeApiClient(AuthorizationV1Api);
    const may = async ({ group, resource }: Omit<Need, "verbs">, verb: string): Promise<boolean> => {
        const [name = "", subresource] = resource.split("/");
        const resourceAttributes = { group, resource: name, subresource, verb };
        const review = { spec: { resourceAttributes } };
        const answer = await api.createSelfSubjectAccessReview({ body: review }, withPatience());
        return answer.status?.allowed === true;
    };
    // An administrator is spared the two hundred questions.
    if (await may({ group: "*", resource: "*" }, "*")) return [];
    const asked = await Promise.all(
        wanted.map(async (one) => {
            const allowed = await Promise.all(one.verbs.map((verb) => may(one, verb)));
            return { ...one, verbs: one.verbs.filter((_, at) => !allowed[at]) };
        }),
    );
    return asked.filter(({ verbs }) => verbs.length > 0);
}

/** Who the API server takes us for. */
export async function userOf(config: KubeConfig): Promise<string> {
    const answer = await config
        .makeApiClient(AuthenticationV1Api)
        .createSelfSubjectReview({ body: {} }, withPatience());
    return answer.status?.userInfo?.username ?? "this user";
}

/** One finding that names everything that is missing, and what a cluster's administrator runs to grant it. */
export function permissionFinding(user: string, context: string, missing: readonly Need[]): Finding[] {
    if (missing.length === 0) return [];
    const lines = missing.map((one) => `\n      ${one.verbs.join(", ")}: ${nameOf(one)}`);
    return [
        {
            what: `${user} may not do all that is needed in context ${context}. What is missing:${lines.join("")}`,
            mend: `an administrator of the cluster runs: npx upshift cluster role --user ${user} | kubectl apply -f -`,
        },
    ];
}

/** The role that has all that is needed, and its binding to a user, to be applied by a cluster's administrator. */
export function roleFor(user: string): object[] {
    const name = `upshift-${user.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}`;
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
    const subject = account
        ? { kind: "ServiceAccount", namespace: account[1], name: account[2] }
        : { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user };
    const rules = needs(true).map(({ group, resource, verbs }) => ({
        apiGroups: [group],
        resources: [resource],
        verbs: [...verbs],
    }));
    const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name } };
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name };
    return [
        { ...rbac, kind: "ClusterRole", rules },
        { ...rbac, kind: "ClusterRoleBinding", roleRef, subjects: [subject] },
    ];
}

/** As kubectl names it: `deployments.apps`, `pods/portforward`. */
function nameOf({ group, resource }: Need): string {
    const [name, subresource] = resource.split("/");
    return `${name}${group ? `.${group}` : ""}${subresource ? `/${subresource}` : ""}`;
}
