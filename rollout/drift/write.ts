import type { ForeignEdit } from "../../components/split/foreignEdits";
import { apiOf, type ClusterAccess } from "../../components/mesh/client";
import { placeOf } from "../../components/mesh/live";
import type { Placed } from "../../components/traffic/world/objects";
import { type Body, bodiesAt, bodyAt, encrypted, holds, textAt } from "../../components/traffic/world/values";
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
    const { manager, operation } = ownerOf(live);
    const api = apiOf(access);
    const path = placeOf(kind, namespace, name);
    const { spec } = applied.body;
    if (operation === "Apply") {
        const { labels, annotations } = bodyAt(applied.body, "metadata");
        const body = { apiVersion: apiVersionOf(live), kind, metadata: { name, namespace, labels, annotations }, spec };
        await api.ask("PATCH", `${path}?${query({ fieldManager: manager, force: "true" })}`, {
            body,
            type: applyPatch,
        });
        return;
    }
    const read = await api.get<Body>(path);
    await api.ask("PUT", `${path}?${query({ fieldManager: manager })}`, { body: { ...read, spec } });
}

const applyPatch = "application/apply-patch+yaml";

function query(parameters: Readonly<Record<string, string>>): string {
    return new URLSearchParams(parameters).toString();
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
