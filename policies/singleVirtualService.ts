import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { gatewaysOf, hostsOf, shortHost } from "./read/hosts";
import type { KubeObject } from "./read/object";

const name = "single-virtual-service";

/** A host has one VirtualService: of two Istio follows the older, or both in an order that nobody chose. */
export const singleVirtualService: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description: "A host has one VirtualService at each gateway, in the stack and in the cluster.",
    severity: "high",
    ...amongOthers(name, ["VirtualService"], async (object, world, report, { run }) => {
        if (object.isPatch) return;
        const applied = await run.applied().catch(() => []);
        const isManaged = (one: KubeObject): boolean =>
            [world, applied].some((known) =>
                known.some((other) => other.name === one.name && other.namespace === one.namespace),
            );
        const competes = (one: KubeObject): boolean =>
            one.kind === "VirtualService" && !one.isPatch && sharedHost(object, one) !== undefined;
        // Also what the stack does not know: somebody made it by other means. Few compete, so whose they are is asked last.
        const foreign = ((await run.live(object)) ?? []).filter((one) => competes(one) && !isManaged(one));
        for (const other of [...world.filter((one) => one.urn < object.urn && competes(one)), ...foreign])
            report(
                `${shortHost(sharedHost(object, other) ?? "")}: VirtualServices ${other.namespace}/${other.name} and ${object.namespace}/${object.name} both route it; ` +
                    `a host has one: put the rules of both into ${other.name}`,
            );
    }),
};

function sharedHost(one: KubeObject, other: KubeObject): string | undefined {
    if (one.provider && other.provider && one.provider !== other.provider) return undefined;
    const gateways = gatewaysOf(other);
    if (!gatewaysOf(one).some((gateway) => gateways.includes(gateway))) return undefined;
    return hostsOf(one).find((host) => hostsOf(other).includes(host));
}
