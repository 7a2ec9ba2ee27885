import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { grouped } from "../components/traffic/world/grouped";
import { shortHost } from "../components/traffic/world/hosts";
import { once } from "../components/traffic/world/once";
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
        // Also what the stack does not know, and so has no URN: somebody made it by other means.
        const byHost = routesByHost(await run.amidCluster(object, world));
        const alike = new Set((routesOf(object)?.hosts ?? []).flatMap((host) => byHost.get(host) ?? []));
        for (const other of [...alike].filter((one) => one.urn < object.urn && sharedHost(run, object, one)))
            report(
                `${shortHost(sharedHost(run, object, other) ?? "")}: VirtualServices ${other.namespace}/${other.name} and ${object.namespace}/${object.name} both route it; ` +
                    `a host has one: put the rules of both into ${other.name}`,
            );
    }),
};

/** The VirtualServices that have a host, by each of their hosts: a stack may have many, and few have one. */
const routesByHost = once((objects: readonly KubeObject[]) =>
    grouped(
        objects
            .filter(({ kind, isPatch }) => kind === "VirtualService" && !isPatch)
            .flatMap((one) => (routesOf(one)?.hosts ?? []).map((host) => [host, one] as const)),
    ),
);

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
