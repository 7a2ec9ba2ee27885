import type { AppliedTraffic } from "../../components/traffic/judge/checkStep";
import { hostsOf, shortHost } from "./hosts";
import { type KubeObject, mapAt, selects } from "./object";
import { podLabels, sharesByPods, workloadsBehind } from "../../components/traffic/world/pods";
import type { Run } from "./run";
import { splitsOf } from "../../components/traffic/world/rules";
import { noState, type Step } from "./step";

/** The full host name of a Service. */
export function hostOfService({ name, namespace }: KubeObject): string {
    return `${name}.${namespace}.svc.cluster.local`;
}

/** Services whose requests no VirtualService shares out, so that they follow the number of pods. */
export function unroutedServices(world: readonly KubeObject[]): KubeObject[] {
    const routed = new Set(world.filter(({ kind }) => kind === "VirtualService").flatMap(hostsOf));
    return world.filter((one) => one.kind === "Service" && one.group === "core" && !routed.has(hostOfService(one)));
}

/** Those of them that select a workload's pods. */
export function servicesOf(world: readonly KubeObject[], workload: KubeObject): KubeObject[] {
    return unroutedServices(world).filter(
        (service) =>
            service.namespace === workload.namespace &&
            selects(mapAt(service.body, "spec", "selector"), podLabels(workload)),
    );
}

/**
 * The step of a Service whose shares follow its pods, beside what is applied: pods again, or routes that are no more.
 *
 * @param isWhole whether `world` holds all that the program has; else a workload that is still to come makes it no step yet.
 */
export async function podsStepOf(
    run: Run,
    service: KubeObject,
    world: readonly KubeObject[],
    isWhole: boolean,
): Promise<Step> {
    const name = shortHost(hostOfService(service));
    const host = hostOfService(service);
    let state: readonly KubeObject[];
    try {
        state = await run.applied();
    } catch (error) {
        return { applied: [], proposed: [], unreadable: [noState(name, error as Error)] };
    }
    const before = workloadsBehind(state, { host });
    // Routes that the host has had are registered behind the pods.
    const isRouted = state.some((one) => one.kind === "VirtualService" && hostsOf(one).includes(host));
    const isKnown = isWhole || (!isRouted && before.every(({ urn }) => run.registered.has(urn)));
    const shares = sharesByPods(world, host);
    if (!isKnown || !shares) return { applied: [], proposed: [], unreadable: [] };
    const proposed = [{ service: name, weights: shares, reachableByHeader: [] }];
    return { applied: viewsOf(state, host, name), proposed, unreadable: [] };
}

function viewsOf(state: readonly KubeObject[], host: string, service: string): AppliedTraffic[] {
    const routed = state
        .filter((one) => one.kind === "VirtualService" && hostsOf(one).includes(host))
        .flatMap(splitsOf)
        .filter((split) => split.host === host && split.conditions === "");
    if (routed.length > 0) return routed.map((split) => ({ ...split, service, readFrom: "state" }));
    const shares = sharesByPods(state, host);
    return shares ? [{ service, weights: shares, reachableByHeader: [], readFrom: "state" }] : [];
}
