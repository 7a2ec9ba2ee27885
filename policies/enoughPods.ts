import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { type Destination, destinationsOf, routesAmong, rulesIn, titleOf, workloadsAt } from "./read/rules";
import { worldOf } from "./read/world";
import type { World } from "../components/traffic/world/world";

const name = "enough-pods";

/** The policy's config. */
interface Config {
    readonly headroom: number;
}

/**
 * A version has pods enough for its share. The measure is the version with the most pods: where that has 10, 20 % need 2. Only pods
 * of the stack count: of what the cluster alone has, somebody else or an autoscaler sets the number.
 */
export const enoughPods: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "A version has its share of the pods that the largest version has, and one at least where a weight or a header leads to it.",
    severity: "high",
    configSchema: {
        properties: {
            headroom: {
                type: "integer",
                minimum: 0,
                maximum: 100,
                default: 0,
                description: "Percent of pods that a version may lack, where pods have capacity to spare.",
            },
        },
    },
    ...amongOthers<Config>(name, ["VirtualService"], (object, others, report, { isWhole, config }) => {
        const routes = routesAmong(object, others);
        if (!routes) return;
        for (const rule of rulesIn(routes)) {
            const versions = destinationsOf(rule, routes).map((one) => ({
                ...one,
                pods: podsOf(worldOf(others), one),
            }));
            // A version without any pods is a finding of known-destinations, or its pods come yet.
            if (!isWhole && versions.some(({ pods }) => pods === undefined)) continue;
            const most = Math.max(...versions.map(({ pods = 0 }) => pods));
            for (const { version, share, pods } of versions.filter((one) => one.share > 0)) {
                const needed = Math.max(1, Math.ceil((most * share * (100 - config.headroom)) / 10_000 - 1e-9));
                if (pods !== undefined && pods < needed)
                    report(
                        `${titleOf(routes)}: ${version} gets ${Math.round(share)} % (${rule.title}) and has ${pods} pods, where ${most} serve all; ` +
                            `at least ${needed}: raise its replicas first`,
                    );
            }
        }
    }),
};

/** Pods that a destination is to have; undefined where there are none, or where an autoscaler says how many. */
function podsOf(world: World, destination: Destination): number | undefined {
    const counts = (workloadsAt(world, destination) ?? []).map(({ wanted }) => wanted);
    if (counts.length === 0 || counts.some((count) => count === undefined)) return undefined;
    return counts.reduce<number>((sum, count = 0) => sum + count, 0);
}
