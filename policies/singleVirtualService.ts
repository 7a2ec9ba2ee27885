import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { shortHost } from "../components/traffic/world/hosts";
import type { Run } from "./read/run";
import type { Routes } from "../components/traffic/world/virtualServices";
import type { KubeObject } from "./read/object";
import { routesOf } from "./read/rules";

const name = "single-virtual-service";

/** A host has one VirtualService: of two Istio follows the older, or both in an order that nobody chose. */
export const singleVirtualService: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description: "A host has one VirtualService at each gateway, in the stack and in the cluster.",
    severity: "high",
    ...amongOthers(name, ["VirtualService"], async (object, world, report, { run }) => {
        if (object.isPatch) return;
        const competes = (one: KubeObject): boolean =>
            one.kind === "VirtualService" && !one.isPatch && sharedHost(run, object, one) !== undefined;
        // Also what the stack does not know, and so has no URN: somebody made it by other means.
        const all = await run.amidCluster(object, world);
        for (const other of all.filter((one) => one.urn < object.urn && competes(one)))
            report(
                `${shortHost(sharedHost(run, object, other) ?? "")}: VirtualServices ${other.namespace}/${other.name} and ${object.namespace}/${object.name} both route it; ` +
                    `a host has one: put the rules of both into ${other.name}`,
            );
    }),
};

/** A host that two of one cluster both decide for, at one gateway or for one caller in the mesh. */
function sharedHost(run: Run, one: KubeObject, other: KubeObject): string | undefined {
    if (one.provider && other.provider && run.clusterOf(one.provider) !== run.clusterOf(other.provider))
        return undefined;
    const [own, others] = [routesOf(one), routesOf(other)];
    if (!own || !others) return undefined;
    const isMet = own.entries.some((entry) => others.entries.includes(entry)) && haveOneCaller(own, others);
    return isMet ? own.hosts.find((host) => others.hosts.includes(host)) : undefined;
}

/** Whether there may be a caller for whom both are: `exportTo` keeps them apart where they name different namespaces. */
function haveOneCaller({ callers: own }: Routes, { callers: others }: Routes): boolean {
    return !own || !others || own.some((namespace) => others.includes(namespace));
}
