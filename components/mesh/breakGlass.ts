import { createHash } from "node:crypto";
import { annotations, marksOf } from "../traffic/world/marks";
import type { Placed } from "../traffic/world/objects";
import { type Api, pathTo } from "./api";
import { apiOf, type ClusterAccess } from "./client";

/**
 * Writes a Kubernetes Event for each VirtualService whose glass somebody has broken, once for each reason while the API server keeps
 * Events (an hour). An admission policy can't write one itself.
 *
 * @returns what there is to warn of, one line for each.
 */
export async function noteBrokenGlass(access: ClusterAccess, routes: readonly Placed[]): Promise<string[]> {
    const broken = routes.flatMap(({ name, namespace, body }) => {
        const { breakGlass } = marksOf(body);
        return breakGlass === undefined ? [] : [{ name, namespace, breakGlass }];
    });
    if (broken.length === 0) return [];
    const api = apiOf(access);
    return Promise.all(
        broken.map(async ({ name, namespace, breakGlass }) => {
            const message = `the glass was broken, no limit held: ${breakGlass}`;
            const why = await write(api, name, namespace, message);
            return `${message} (annotation ${annotations.breakGlass} of ${name}; remove it when it is dealt with)${why}`;
        }),
    );
}

/** @returns why the Event could not be written; empty when it was, or is there. A note that can't be written stops no step. */
async function write(api: Api, name: string, namespace: string, message: string): Promise<string> {
    const now = new Date();
    const reason = createHash("sha256").update(message).digest("hex").slice(0, 8);
    const involvedObject = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", name, namespace };
    try {
        await api.ask("POST", pathTo("core", "v1", "events", namespace), {
            body: {
                metadata: { name: `${name}.break-glass-${reason}`, namespace },
                involvedObject,
                reason: "BreakGlass",
                type: "Warning",
                message,
                source: { component: "upshift" },
                firstTimestamp: now,
                lastTimestamp: now,
                count: 1,
            },
        });
        return "";
    } catch (error) {
        return (error as { code?: number }).code === 409
            ? ""
            : `; no Event could be written: ${(error as Error).message}`;
    }
}
