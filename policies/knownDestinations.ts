import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { hostsOf, shortHost } from "./read/hosts";
import { bodiesAt, holds, textAt, unknown } from "./read/object";
import { rulesFor, serviceAt, subsetLabels, workloadsBehind } from "../components/traffic/world/pods";
import { rulesOf } from "../components/traffic/world/rules";

const name = "known-destinations";

/** The policy's config. */
interface Config {
    readonly otherHosts: readonly string[];
}

/** Routes lead to Services of this stack, to subsets that exist, and to pods. What they lead to otherwise answers 503. */
export const knownDestinations: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description: "Every destination is a Service of this stack, its subset exists, and pods of this stack fit it.",
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
    ...amongOthers<Config>(name, ["VirtualService"], (object, world, report, { isWhole, config }) => {
        if (holds(object.body.spec, unknown)) return;
        const [first = ""] = hostsOf(object);
        const said = new Set<string>();
        for (const { destinations, name: rule } of rulesOf(object))
            for (const destination of destinations) {
                const { host, subset, version } = destination;
                if (config.otherHosts.includes(host) || said.has(`${host} ${subset}`)) continue;
                said.add(`${host} ${subset}`);
                const at = `${shortHost(first)}, ${rule}`;
                const service = serviceAt(world, host);
                const subsets = rulesFor(world, host).flatMap((one) => bodiesAt(one.body, "spec", "subsets"));
                const names = subsets.map((one) => textAt(one, "name")).join(", ");
                // In an update the DestinationRule may come yet; one that is there is what it will be.
                if (isWhole && !service)
                    report(`${at}: ${host} is no Service of this stack; name one that is, or add it to otherHosts`);
                else if (subset !== undefined && subsetLabels(world, destination) === undefined) {
                    if (isWhole || subsets.length > 0)
                        report(
                            `${at}: ${shortHost(host)} has no subset ${subset}; ${names ? `it has ${names}` : "it has no DestinationRule with subsets"}`,
                        );
                } else if (isWhole && service && workloadsBehind(world, destination).length === 0)
                    report(
                        `${at}: no pods of this stack fit ${version} of ${shortHost(host)}; make them before routes lead there`,
                    );
            }
    }),
};
