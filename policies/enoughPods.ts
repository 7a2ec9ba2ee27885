import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { hostsOf, shortHost } from "./read/hosts";
import type { KubeObject } from "./read/object";
import { replicasOf, workloadsBehind } from "../components/traffic/world/pods";
import { rulesOf } from "../components/traffic/world/rules";

const name = "enough-pods";

/** The policy's config. */
interface Config {
    readonly headroom: number;
}

/** A version has pods enough for its share. The measure is the version with the most pods: where that has 10, 20 % need 2. */
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
    ...amongOthers<Config>(name, ["VirtualService"], (object, world, report, { isWhole, config }) => {
        const [host = ""] = hostsOf(object);
        for (const rule of rulesOf(object)) {
            const versions = rule.destinations.map((one) => ({ ...one, pods: podsOf(workloadsBehind(world, one)) }));
            // A version without any pods is a finding of known-destinations, or its pods come yet.
            if (!isWhole && versions.some(({ pods }) => pods === undefined)) continue;
            const most = Math.max(...versions.map(({ pods = 0 }) => pods));
            for (const { version, share, pods } of versions.filter((one) => one.share > 0)) {
                const needed = Math.max(1, Math.ceil((most * share * (100 - config.headroom)) / 10_000 - 1e-9));
                if (pods !== undefined && pods < needed)
                    report(
                        `${shortHost(host)}: ${version} gets ${Math.round(share)} % (${rule.name}) and has ${pods} pods, where ${most} serve all; ` +
                            `at least ${needed}: raise its replicas first`,
                    );
            }
        }
    }),
};

function podsOf(workloads: readonly KubeObject[]): number | undefined {
    return workloads.length === 0 ? undefined : workloads.reduce((sum, workload) => sum + replicasOf(workload), 0);
}
