import * as pulumi from "@pulumi/pulumi";
import { Addons } from "../../components";
import type { Settings } from "../config/read";
import type { Surroundings, SystemOutputs } from "./surroundings";

/**
 * The addons, where the config wants them.
 *
 * @param systems what they are to show.
 * @returns where each is looked at, by name; none without addons.
 */
export function addons(
    { addons: { enabled, domain, images } }: Settings,
    { opts, place, ingress, controlPlane }: Surroundings,
    systems: readonly SystemOutputs[],
): pulumi.Output<Record<string, string>> {
    if (!enabled) return pulumi.output<Record<string, string>>({});
    const { hosts } = new Addons(
        "addons",
        {
            namespace: controlPlane,
            ingressNamespace: ingress.namespace,
            systemNamespaces: systems.flatMap(({ namespaces }) => namespaces ?? []),
            domain,
            images: { ...place.addons.images, ...images, ...(isOfficial(images) && { observe: undefined }) },
            metrics: place.addons.metrics,
        },
        opts,
    );
    const port = place.httpAddress?.split(":")[1];
    return hosts.apply((named) =>
        Object.fromEntries(
            Object.entries(named).map(([addon, host]) => [addon, `http://${host}${port ? `:${port}` : ""}`]),
        ),
    );
}

/** Whoever names images of all three wants them, also where upshift's own view would do. */
function isOfficial({ grafana, kiali, jaeger }: Readonly<Record<string, string | undefined>>): boolean {
    return Boolean(grafana && kiali && jaeger);
}
