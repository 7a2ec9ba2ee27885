import type { Problem } from "../../components/traffic/split/problem";
import { canonical, type Placed } from "../../components/traffic/world/objects";
import { bodiesAt, numberAt, type Value } from "../../components/traffic/world/values";
import { overlay, reading, type World } from "../../components/traffic/world/world";
import type { Conversion, Converted, Import } from "./adoption";
import { type Difference, type Known, namesLeftOut, routesDifferences, subsetsDifferences } from "./difference";
import { ownerProblems } from "./owners";
import { movedBy } from "./proof";
import { objectsOf } from "./proposal";

/**
 * Checks a conversion against the cluster: nobody else owns what is imported, every field is the same or said to be left out, and
 * the judge finds that nobody is moved.
 *
 * @param leaveOut paths of fields that may go, as an earlier run has named them.
 * @returns the conversion with all that it leaves out, or every reason why it may not be made.
 */
export function checked(
    { converted, problems }: Conversion,
    world: World,
    leaveOut: readonly string[] = [],
): Conversion {
    if (!converted) return { problems };
    const proposed = objectsOf(converted.name, converted.args, converted.kept);
    const { routes, subsets } = converted.compared;
    const differing = [
        ...routesDifferences(routes, proposed.routes, knownOf(world)),
        ...(subsets ? subsetsDifferences(subsets, proposed.subsets) : []),
    ];
    const accepted = differing.filter(({ at }) => leaveOut.includes(at));
    const found = [
        ...converted.imports.flatMap((one) => objectIn(world, one) ?? []).flatMap(ownerProblems),
        ...differing.filter((one) => !accepted.includes(one)).map(differenceProblem),
        ...movedBy(converted.name, beforeOf(converted, world), [proposed.subsets, proposed.routes]),
    ];
    if (found.length > 0) return { problems: found };
    return {
        problems: [],
        converted: {
            ...converted,
            leftOut: [
                ...converted.leftOut,
                ...namesLeftOut(routes),
                ...accepted.map(({ at, live: value }) => ({
                    at,
                    why: `asked for by --leave-out; it is ${inWords(value)} today`,
                })),
            ],
        },
    };
}

/** What is there when the first update is made, as Istio has it: with what stands in for others' workloads and routes. */
function beforeOf({ handOver, standsFor }: Converted, world: World): World {
    return overlay(world, [...(handOver?.workloads ?? []), ...(standsFor ? [standsFor] : [])]);
}

/** An object of the world that is to be imported. */
export function objectIn(world: World, { kind, namespace, name }: Import): Placed | undefined {
    return world.objects.find((one) => one.kind === kind && one.namespace === namespace && one.name === name);
}

function knownOf(world: World): Known {
    const { services } = reading(world);
    return {
        portOf: (host) => {
            const ports = bodiesAt(services.get(host)?.body, "spec", "ports");
            return ports.length === 1 ? numberAt(ports[0], "port") : undefined;
        },
    };
}

/** Who serves may be the same, and yet requests would be treated otherwise: nobody should find that out later. */
function differenceProblem({ at, live, proposed }: Difference): Problem {
    const message =
        live === undefined
            ? `is not there today, and would be ${inWords(proposed)}`
            : proposed === undefined
              ? `is ${inWords(live)} today, and a TrafficSplit has no words for it`
              : `is ${inWords(live)} today, and would be ${inWords(proposed)}`;
    return { at, message, fix: `take it out of the live object first, or do without it: --leave-out '${at}'` };
}

function inWords(value: Value): string {
    return canonical(value);
}
