import { KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";
import type { ForeignEdit } from "../../components/split/foreignEdits";
import { type ClusterAccess, kubeConfigOf } from "../../components/mesh/client";
import type { Placed } from "../../components/traffic/world/objects";
import { type Body, bodiesAt, encrypted, holds, textAt } from "../../components/traffic/world/values";
import { UserError } from "../../components/userError";

/** Who writes where nobody of Pulumi's ever has. */
const fallbackManager = "pulumi-kubernetes";

/**
 * Writes an object as it was applied, in the name of Pulumi's own manager and over whoever has written since: the next update
 * meets no conflict.
 *
 * @throws when a part of it is a secret, which only Pulumi can write, or the API server refuses.
 */
export async function writeBack(
    access: ClusterAccess,
    { applied, live }: Pick<ForeignEdit, "applied" | "live">,
): Promise<void> {
    const { kind, namespace, name } = live;
    if (holds(applied.body.spec, encrypted))
        throw new UserError({
            what: `${kind} ${namespace}/${name} has secrets in it, which only an update can write.`,
            fix: `pulumi up --refresh --target '${applied.urn}'`,
        });
    const owner = ownerOf(live);
    const api = KubernetesObjectApi.makeApiClient(kubeConfigOf(access));
    const metadata = { name, namespace };
    const apiVersion = apiVersionOf(live);
    const whole = { apiVersion, kind, metadata, spec: applied.body.spec } as KubernetesObject;
    if (owner.operation === "Apply") {
        const own = {
            ...metadata,
            labels: applied.body.metadata && (applied.body.metadata as Body).labels,
            annotations: (applied.body.metadata as Body).annotations,
        };
        await api.patch(
            { ...whole, metadata: own } as KubernetesObject,
            undefined,
            undefined,
            owner.manager,
            true,
            "application/apply-patch+yaml",
        );
        return;
    }
    const read = await api.read({ apiVersion, kind, metadata });
    await api.replace({ ...read, spec: applied.body.spec } as KubernetesObject, undefined, undefined, owner.manager);
}

function ownerOf({ body }: Placed): { manager: string; operation: string } {
    const own = bodiesAt(body, "metadata", "managedFields")
        .map((entry) => ({ manager: textAt(entry, "manager") ?? "", operation: textAt(entry, "operation") ?? "" }))
        .filter(({ manager }) => manager.startsWith(fallbackManager));
    return (
        own.find(({ operation }) => operation === "Apply") ??
        own[0] ?? { manager: fallbackManager, operation: "Update" }
    );
}

function apiVersionOf({ group }: Placed): string {
    return group === "core" ? "v1" : `${group}/v1`;
}
