import type { Whereabouts } from "./whereabouts";
import { checkName } from "./clusterName";
import { contextTarget } from "./context/target";
import type { ContextOptions } from "./context/where";
import { embeddedTarget } from "./embedded/target";
import { k3dTarget } from "./k3d/target";
import { minikubeTarget } from "./minikube/target";
import type { ChosenPorts, Target } from "./target";

/**
 * A target, as a stack uses it.
 *
 * @param settings of the stack
 * @param stack as its label says: `upshift.dev`
 * @param ports on 127.0.0.1 that must be these
 * @param database whether a MySQL database shall run beside the cluster, where the target can bring one
 * @throws when the cluster can't have its name
 */
export function targetOf(
    name: Target["name"],
    settings: Whereabouts & Pick<ContextOptions, "systems" | "addons" | "guards">,
    stack: string,
    ports: ChosenPorts = {},
    database?: boolean,
): Target {
    const { cluster, registry } = settings;
    checkName(cluster);
    switch (name) {
        case "k3d":
            return k3dTarget({ cluster, registry, ports });
        case "minikube":
            return minikubeTarget({ cluster, registry, ports });
        case "context":
            return contextTarget({ ...settings, stack });
        case "embedded":
            return embeddedTarget({ cluster, ports, database });
    }
}
