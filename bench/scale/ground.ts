import { deployment, type Bed } from "../bed";
import { namespace, Services } from "./services";

/** A project of many services, and what it stands on. */
export interface Ground {
    readonly services: Services;
    /** Takes all of it away. */
    remove(): Promise<void>;
}

/** Makes a project of services, of which there are none yet, on a cluster with a mesh. */
export async function groundOn(bed: Bed): Promise<Ground> {
    await furnish(bed);
    const services = await Services.on(bed.name);
    return {
        services,
        remove: async () => {
            services.remove();
            await bed.kubectl("delete", "sidecar", "default", "-n", "istio-system", "--ignore-not-found");
            await bed.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--timeout=600s");
        },
    };
}

/** Two pods that all services lead to; nobody else's proxy is told of them, as where a team tells whom it calls. */
async function furnish(bed: Bed): Promise<void> {
    await bed.place(namespace);
    await bed.apply({
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name: "default", namespace: "istio-system" },
        spec: { egress: [{ hosts: ["./*", "istio-system/*"] }] },
    });
    const versions = ["v1", "v2"];
    await bed.apply(...versions.map((one) => deployment(namespace, `web-${one}`, { app: "web", version: one }, one)));
    for (const one of versions) await bed.waitFor(namespace, `deployment/web-${one}`, "condition=Available");
}
