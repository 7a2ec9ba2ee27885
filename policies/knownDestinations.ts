import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { fit, shortHost } from "../components/traffic/world/hosts";
import { reading } from "../components/traffic/world/world";
import { type KubeObject, textsAt } from "./read/object";
import { type Destination, destinationsOf, routesAmong, rulesIn, titleOf, workloadsAt } from "./read/rules";
import { worldOf } from "./read/world";

const name = "known-destinations";

/** The policy's config. */
interface Config {
    readonly otherHosts: readonly string[];
}

/** Routes lead to Services of this stack or its cluster, to subsets that exist, and to pods. What they lead to otherwise answers 503. */
export const knownDestinations: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "Every destination is a Service or a ServiceEntry of this stack or its cluster, its subset exists, and pods fit it.",
    severity: "high",
    configSchema: {
        properties: {
            otherHosts: {
                type: "array",
                items: { type: "string" },
                default: [],
                description:
                    "Full names of further hosts that routes may lead to: where the cluster can't be read, and outside it.",
            },
        },
    },
    ...amongOthers<Config>(name, ["VirtualService"], async (object, others, report, { run, isWhole, config }) => {
        const unknown = (known: readonly KubeObject[]): string[] => unknownIn(object, known, isWhole, config);
        if (unknown(others).length === 0) return;
        // Most stacks have all that they lead to, and need not ask their cluster; an adopted Service is there alone.
        unknown(await run.amidCluster(object, others)).forEach((message) => report(message));
    }),
};

/** What routes lead to that nobody has; where not everything is registered yet, what may come is none of it. */
function unknownIn(object: KubeObject, known: readonly KubeObject[], isWhole: boolean, config: Config): string[] {
    const routes = routesAmong(object, known);
    if (!routes) return [];
    const said = new Set<string>();
    return rulesIn(routes).flatMap((rule) =>
        destinationsOf(rule, routes).flatMap((destination) => {
            const { host, subset } = destination;
            if (config.otherHosts.includes(host) || said.has(`${host} ${subset}`)) return [];
            said.add(`${host} ${subset}`);
            const why = whyUnknown(destination, known, isWhole);
            return why === undefined ? [] : [`${titleOf(routes)}, ${rule.title}: ${why}`];
        }),
    );
}

function whyUnknown(destination: Destination, known: readonly KubeObject[], isWhole: boolean): string | undefined {
    const { host, subset, version } = destination;
    const world = worldOf(known);
    const { services, subsetsFor } = reading(world);
    const service = services.get(host);
    // In an update the DestinationRule may come yet; one that is there is what it will be.
    if (isWhole && !service && !isEntered(host, known))
        return `${host} is no Service of this stack or its cluster; name one that is, or add it to otherHosts`;
    const workloads = workloadsAt(world, destination);
    const subsets = subsetsFor(host).flatMap((one) => one.subsets);
    if (!workloads)
        return isWhole || subsets.length > 0
            ? `${shortHost(host)} has no subset ${subset}; ${subsets.length > 0 ? `it has ${subsets.map((one) => one.name).join(", ")}` : "it has no DestinationRule with subsets"}`
            : undefined;
    // A Service that selects nothing leads where somebody else says: an ExternalName, endpoints made by hand.
    const hasSelector = Object.keys(service?.selector ?? {}).length > 0;
    return isWhole && workloads.length === 0 && hasSelector
        ? `no pods of this stack or its cluster fit ${version} of ${shortHost(host)}; make them before routes lead there`
        : undefined;
}

/** Whether a ServiceEntry makes a host known to the mesh. */
function isEntered(host: string, objects: readonly KubeObject[]): boolean {
    return objects.some(
        ({ kind, body }) =>
            kind === "ServiceEntry" && textsAt(body, "spec", "hosts").some((name) => fit(name, host) !== undefined),
    );
}
