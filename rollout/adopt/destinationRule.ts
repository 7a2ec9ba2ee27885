import type { Problem } from "../../components/traffic/split/problem";
import { fit, fullHost } from "../../components/traffic/world/hosts";
import type { Placed } from "../../components/traffic/world/objects";
import { bodiesAt, textAt } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";

/** The one DestinationRule that has the host's subsets. */
export function subsetsOf(host: string, routes: Placed, world: World): { subsets?: Placed; problems: Problem[] } {
    const name = fullHost(host, routes.namespace);
    const found = world.objects.filter(
        ({ kind, namespace, body }) =>
            kind === "DestinationRule" &&
            fit(fullHost(textAt(body, "spec", "host") ?? "", namespace), name) !== undefined &&
            bodiesAt(body, "spec", "subsets").length > 0,
    );
    const [subsets, second] = found;
    const at = `DestinationRules for ${host}`;
    if (!subsets)
        return {
            problems: [
                {
                    at,
                    message: "there is none with subsets, to which the routes lead: requests fail today",
                    fix: `kubectl get destinationrules -A, and adopt once there is one`,
                },
            ],
        };
    if (second)
        return {
            problems: [
                {
                    at,
                    message: `there are ${found.length} with subsets (${found.map((one) => `${one.namespace}/${one.name}`).join(", ")}); a TrafficSplit has one`,
                    fix: `put all subsets into ${subsets.namespace}/${subsets.name}, and take the others away`,
                },
            ],
        };
    if (
        subsets.namespace !== routes.namespace ||
        fullHost(textAt(subsets.body, "spec", "host") ?? "", subsets.namespace) !== name
    )
        return {
            problems: [
                {
                    at: `DestinationRule ${subsets.namespace}/${subsets.name}`,
                    message: `is ${subsets.namespace === routes.namespace ? "for a wildcard" : "in another namespace than the routes"}; a TrafficSplit has both for one host in one namespace`,
                    fix: `make one for ${host} in namespace ${routes.namespace}, then take this one away`,
                },
            ],
        };
    return { subsets, problems: [] };
}
