import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Whose right it is, and where. */
export interface PodListerArgs {
    /** The service account, and its namespace. */
    account: pulumi.Input<string>;
    namespace: pulumi.Input<string>;
    /** The namespaces whose pods it may list. */
    watched: pulumi.Input<string>[];
}

/** Lets a service account list the pods of some namespaces, and of no other. */
export function mayListPods(name: string, args: PodListerArgs, opts: pulumi.ComponentResourceOptions): void {
    args.watched.forEach((namespace, at) => {
        const metadata = { name: `upshift-${name}`, namespace };
        const role = new k8s.rbac.v1.Role(
            `${name}-${at}`,
            { metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }] },
            opts,
        );
        new k8s.rbac.v1.RoleBinding(
            `${name}-${at}`,
            {
                metadata,
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
                subjects: [{ kind: "ServiceAccount", name: args.account, namespace: args.namespace }],
            },
            opts,
        );
    });
}
