import type { Need } from "./needs";

/** A role for a user, to be applied by a cluster's administrator. */
export interface PrintedRole {
    /** What the administrator must know first, a line each. */
    readonly warnings: readonly string[];
    readonly documents: readonly object[];
}

/** What is asked of it. */
export interface RoleArgs {
    /** As the API server knows it. */
    readonly user: string;
    readonly stack: string;
    readonly needs: readonly Need[];
    /** Whether namespaces are still to be made: a right in one that is not there can be given for the whole cluster alone. */
    readonly first: boolean;
}

const rbac = "rbac.authorization.k8s.io";

/** The role that has what is needed and nothing else, in the namespaces where it is needed, and its bindings. */
export function roleFor({ user, stack, needs, first }: RoleArgs): PrintedRole {
    const name = `upshift-${user.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}`;
    const everywhere = first ? needs : needs.filter(({ namespaces }) => !namespaces);
    const bound = (kind: string, rules: readonly Need[], namespace?: string): object[] => {
        const metadata = namespace ? { name, namespace } : { name };
        const head = { apiVersion: `${rbac}/v1`, metadata };
        const roleRef = { apiGroup: rbac, kind, name };
        return [
            { ...head, kind, rules: rulesOf(rules) },
            { ...head, kind: `${kind}Binding`, roleRef, subjects: [subjectOf(user)] },
        ];
    };
    const namespaces = first ? [] : [...new Set(needs.flatMap((one) => one.namespaces ?? []))];
    return {
        warnings: warningsOf({ user, stack, needs, first }),
        documents: [
            ...bound("ClusterRole", everywhere),
            ...namespaces.flatMap((namespace) =>
                bound(
                    "Role",
                    needs.filter((one) => one.namespaces?.includes(namespace)),
                    namespace,
                ),
            ),
        ],
    };
}

function subjectOf(user: string): object {
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
    return account
        ? { kind: "ServiceAccount", namespace: account[1], name: account[2] }
        : { kind: "User", apiGroup: rbac, name: user };
}

/** Each rule once: in the whole cluster many needs of several namespaces are the same. */
function rulesOf(needs: readonly Need[]): object[] {
    const rules = needs.map(({ group, resource, verbs, names }) => ({
        apiGroups: [group],
        resources: [resource],
        ...(names && { resourceNames: [...names] }),
        verbs: [...verbs],
    }));
    return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function warningsOf({ user, stack, needs, first }: RoleArgs): string[] {
    const again = `npx upshift cluster role --user ${user} --stack ${stack} | kubectl apply -f -`;
    const escalates = needs.some(({ verbs }) => verbs.includes("escalate"));
    return [
        `${user} can reach the ports of every pod (pods/portforward): a step asks the proxies of all callers.`,
        ...(escalates
            ? [
                  `To install Istio, ${user} may write roles of any kind (escalate, bind), webhooks and definitions: that is as much as an administrator may.`,
                  "Narrower: install Istio yourself, leave --install-istio out, and upshift uses the one that is there.",
              ]
            : []),
        ...(first
            ? [
                  `For the first \`up\` alone: the stack's namespaces are not there yet, so ${user} may write, and read Secrets, in every namespace.`,
                  `After it, take that back: ${again}`,
              ]
            : []),
    ];
}
