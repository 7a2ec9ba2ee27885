import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { fit, shortHost } from "../components/traffic/world/hosts";
import { reading } from "../components/traffic/world/world";
import { type KubeObject, textsAt } from "./read/object";
import { destinationsOf, routesAmong, rulesIn, titleOf, workloadsAt } from "./read/rules";
import { worldOf } from "./read/world";

const name = "known-destinations";

/** The policy's config. */
interface Config {
    readonly otherHosts: readonly string[];
}

/** Routes lead to Services of this stack, to subsets that exist, and to pods. What they lead to otherwise answers 503. */
export const knownDestinations: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "Every destination is a Service or a ServiceEntry of this stack, its subset exists, and pods of this stack fit it.",
    severity: "high",
    configSchema: {
        properties: {
            otherHosts: {
                type: "array",
                items: { type: "string" },
                default: [],
                description: "Full names of hosts outside this stack that routes may lead to.",
            },
        },
    },
    ...amongOthers<Config>(name, ["VirtualService"], (object, others, report, { isWhole, config }) => {
        const routes = routesAmong(object, others);
        if (!routes) return;
        const world = worldOf(others);
        const { services, subsetsFor } = reading(world);
        const said = new Set<string>();
        for (const rule of rulesIn(routes))
            for (const destination of destinationsOf(rule, routes)) {
                const { host, subset, version } = destination;
                if (config.otherHosts.includes(host) || said.has(`${host} ${subset}`)) continue;
                said.add(`${host} ${subset}`);
                const at = `${titleOf(routes)}, ${rule.title}`;
                const service = services.get(host);
                const known = subsetsFor(host).flatMap(({ subsets }) => subsets);
                const workloads = workloadsAt(world, destination);
                // In an update the DestinationRule may come yet; one that is there is what it will be.
                if (isWhole && !service && !isEntered(host, others))
                    report(`${at}: ${host} is no Service of this stack; name one that is, or add it to otherHosts`);
                else if (!workloads) {
                    if (isWhole || known.length > 0)
                        report(
                            `${at}: ${shortHost(host)} has no subset ${subset}; ${known.length > 0 ? `it has ${known.map((one) => one.name).join(", ")}` : "it has no DestinationRule with subsets"}`,
                        );
                    // A Service that selects nothing leads where somebody else says: an ExternalName, endpoints made by hand.
                } else if (isWhole && workloads.length === 0 && Object.keys(service?.selector ?? {}).length > 0)
                    report(
                        `${at}: no pods of this stack fit ${version} of ${shortHost(host)}; make them before routes lead there`,
                    );
            }
    }),
};

/** Whether a ServiceEntry makes a host known to the mesh. */
function isEntered(host: string, objects: readonly KubeObject[]): boolean {
    return objects.some(
        ({ kind, body }) =>
            kind === "ServiceEntry" && textsAt(body, "spec", "hosts").some((name) => fit(name, host) !== undefined),
    );
}
