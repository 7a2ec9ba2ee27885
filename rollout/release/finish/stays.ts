import { weightsIn } from "../../../components/traffic/split/routes";
import type { VirtualServiceSpec } from "../../../components/traffic/world/istio";
import { fullHost } from "../../../components/traffic/world/hosts";
import { identityOf, type Placed } from "../../../components/traffic/world/objects";
import { bodiesAt, textAt } from "../../../components/traffic/world/values";
import { stateWorld, subsetOf, type World, workloadsBehind } from "../../../components/traffic/world/world";
import type { Workload } from "../../../components/traffic/world/workloads";
import type { Leaving } from "./drain";

/**
 * What a program still has of versions that its config names no more: their share in the routes, their subset, their pods.
 *
 * @param before what is applied; @param after what the program would make of it.
 * @returns each as people write it, with its version: `Deployment own/web-v1 (v1)`.
 */
export function staysOf(leaving: readonly Leaving[], before: readonly Placed[], after: readonly Placed[]): string[] {
    const found = leaving.flatMap((one) =>
        one.versions.flatMap((version) => {
            const objects = [...routing(one, version, after), ...podsOf(one, version, before, after)];
            return objects.map((object) => `${inWords(object)} (${version})`);
        }),
    );
    return [...new Set(found)];
}

/** Pods of the versions that run in the cluster and that this stack has not made: Helm's, or another stack's. */
export function othersPods(leaving: readonly Leaving[], own: readonly Placed[], cluster: World): Workload[] {
    const mine = new Set(own.map(inWords));
    const all = leaving.flatMap((one) => one.versions.flatMap((version) => behind(one, version, own, cluster)));
    return all.filter((one) => one.wanted !== 0 && !mine.has(inWords(one)));
}

/** What leads to a version, or would. */
function routing({ served, isEdge }: Leaving, version: string, after: readonly Placed[]): Placed[] {
    const host = fullHost(served.host.name, served.host.namespace);
    return after.filter((one) => {
        if (identityOf(one) === identityOf(served.routes))
            return version in weightsIn(one.body.spec as unknown as VirtualServiceSpec);
        if (isEdge || one.kind !== "DestinationRule") return false;
        if (fullHost(textAt(one.body, "spec", "host") ?? "", one.namespace) !== host) return false;
        return bodiesAt(one.body, "spec", "subsets").some((subset) => textAt(subset, "name") === version);
    });
}

function podsOf(leaving: Leaving, version: string, before: readonly Placed[], after: readonly Placed[]): Workload[] {
    const left = new Set(after.map(inWords));
    return behind(leaving, version, before, stateWorld(before, undefined)).filter((one) => left.has(inWords(one)));
}

/** What runs a version, by the labels that its subset has in the state. */
function behind(
    { served, isEdge }: Leaving,
    version: string,
    state: readonly Placed[],
    world: World,
): readonly Workload[] {
    const host = fullHost(served.host.name, served.host.namespace);
    const subset = isEdge ? undefined : subsetOf(stateWorld(state, undefined), host, version);
    return subset ? workloadsBehind(world, host, subset.labels) : [];
}

function inWords({ kind, namespace, name }: Pick<Placed, "kind" | "namespace" | "name">): string {
    return `${kind} ${namespace}/${name}`;
}
