import type { ApiClient } from "./client";
import { UnknownKindError } from "./errors";
import { at, groupOf, objectsAt, stringAt, type Kind } from "./objects";
import type { Properties } from "./values";

/** Where the objects of a kind live on the API server. */
export interface Resource {
    /** `pods` */
    name: string;
    isNamespaced: boolean;
    /** `/api/v1` or `/apis/apps/v1` */
    root: string;
}

/** Everything in two calls: the form that API servers have had since 1.27 (stable since 1.30). */
const aggregated = ["v2", "v2beta1"]
    .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
    .join(",");

/** Kinds of the core that belong to no namespace; known without asking a cluster, because a Diff must work without one. */
const clusterKinds = new Set(
    (
        "/Namespace /Node /PersistentVolume rbac.authorization.k8s.io/ClusterRole rbac.authorization.k8s.io/ClusterRoleBinding storage.k8s.io/StorageClass " +
        "storage.k8s.io/CSIDriver storage.k8s.io/CSINode storage.k8s.io/VolumeAttachment scheduling.k8s.io/PriorityClass networking.k8s.io/IngressClass " +
        "node.k8s.io/RuntimeClass apiextensions.k8s.io/CustomResourceDefinition apiregistration.k8s.io/APIService " +
        "admissionregistration.k8s.io/MutatingWebhookConfiguration admissionregistration.k8s.io/ValidatingWebhookConfiguration " +
        "admissionregistration.k8s.io/ValidatingAdmissionPolicy admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding " +
        "flowcontrol.apiserver.k8s.io/FlowSchema flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration certificates.k8s.io/CertificateSigningRequest"
    ).split(" "),
);
const namespacedKinds = new Set(
    (
        "/ConfigMap /Secret /Service /ServiceAccount /Pod /PersistentVolumeClaim /Endpoints /LimitRange /ResourceQuota apps/Deployment apps/StatefulSet " +
        "apps/DaemonSet apps/ReplicaSet batch/Job batch/CronJob policy/PodDisruptionBudget autoscaling/HorizontalPodAutoscaler rbac.authorization.k8s.io/Role " +
        "rbac.authorization.k8s.io/RoleBinding networking.k8s.io/Ingress networking.k8s.io/NetworkPolicy coordination.k8s.io/Lease"
    ).split(" "),
);

/** Knows which kinds an API server has. Asks once, and again when it meets a kind that is new to it. */
export class Discovery {
    private known?: { resources: Promise<Map<string, Resource>>; askedAt: number } | undefined;

    constructor(private readonly client: ApiClient) {}

    /** @throws UnknownKindError when the server does not have the kind; what the client throws when it cannot be asked. */
    async resource({ apiVersion, kind }: Kind): Promise<Resource> {
        const key = `${apiVersion}/${kind}`;
        const startedAt = Date.now();
        const found = (await this.resources(0)).get(key) ?? (await this.resources(startedAt)).get(key);
        if (!found) throw new UnknownKindError(apiVersion, kind);
        return found;
    }

    /** Whether objects of the kind belong to a namespace. A kind that cannot be looked up is taken as one whose objects do. */
    async isNamespaced(kind: Kind): Promise<boolean> {
        const key = `${groupOf(kind.apiVersion)}/${kind.kind}`;
        if (clusterKinds.has(key)) return false;
        if (namespacedKinds.has(key)) return true;
        return this.resource(kind).then(
            ({ isNamespaced }) => isNamespaced,
            () => true,
        );
    }

    /** The path of an object, or of all objects of a kind in a namespace when no name is given. */
    async path(kind: Kind, namespace: string, name = ""): Promise<string> {
        const { root, isNamespaced, name: plural } = await this.resource(kind);
        const space = isNamespaced ? `/namespaces/${encodeURIComponent(namespace || "default")}` : "";
        return `${root}${space}/${plural}${name && `/${encodeURIComponent(name)}`}`;
    }

    /** What the server has, learnt no earlier than the given time. Those who ask at the same time share the answer. */
    private resources(notBefore: number): Promise<Map<string, Resource>> {
        if (!this.known || this.known.askedAt < notBefore) {
            const known = { resources: this.fetch(), askedAt: Date.now() };
            known.resources.catch(() => {
                if (this.known === known) this.known = undefined;
            });
            this.known = known;
        }
        return this.known.resources;
    }

    private async fetch(): Promise<Map<string, Resource>> {
        const lists = await Promise.all(
            ["/api", "/apis"].map((path) => this.client.request("GET", path, { accept: aggregated })),
        );
        return new Map(lists.flatMap((list) => objectsAt(list, "items").flatMap(resourcesOfGroup)));
    }
}

function resourcesOfGroup(group: Properties): [string, Resource][] {
    const groupName = stringAt(group, "metadata", "name");
    return objectsAt(group, "versions").flatMap((version) => {
        const apiVersion = [groupName, stringAt(version, "version")].filter(Boolean).join("/");
        return objectsAt(version, "resources").map((resource): [string, Resource] => [
            `${apiVersion}/${stringAt(resource, "responseKind", "kind")}`,
            {
                name: stringAt(resource, "resource"),
                isNamespaced: at(resource, "scope") === "Namespaced",
                root: groupName ? `/apis/${apiVersion}` : `/api/${apiVersion}`,
            },
        ]);
    });
}
