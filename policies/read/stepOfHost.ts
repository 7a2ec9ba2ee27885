import type { AppliedTraffic, ServiceTraffic } from "../../components/traffic/judge/checkStep";
import { sharesByPods, subsetLabels, workloadsBehind } from "../../components/traffic/world/pods";
import { type Split, splitsOf } from "../../components/traffic/world/rules";
import { weightOf, type VersionName, type Weights } from "../../components/traffic/split/weights";
import { declaredIn } from "./declared";
import { gatewaysOf, hostsOf, shortHost } from "./hosts";
import type { KubeObject } from "./object";
import type { Run } from "./run";

/** What is proposed beside what is applied. */
export interface Compared {
    readonly applied: readonly AppliedTraffic[];
    readonly proposed: readonly ServiceTraffic[];
}

/** What is known of a host from before. */
export interface Before {
    /** VirtualServices of the state that are compared. */
    readonly state: readonly KubeObject[];
    readonly live: readonly KubeObject[] | undefined;
    /** The whole state. */
    readonly all: readonly KubeObject[];
}

/** What a VirtualService proposes for the requests of one host, beside what is applied: the rule for everybody, and each one's for some. */
export function stepOfHost(run: Run, host: string, proposed: KubeObject, before: Before): Compared[] {
    const views: View[] = [
        ...before.state.map((one) => ({ readFrom: "state" as const, splits: splitsFor(one, host) })),
        ...(before.live ?? [])
            .filter((one) => one.kind === "VirtualService" && isSameHost(run, one, proposed, host))
            .map((one) => ({ readFrom: "cluster" as const, splits: splitsFor(one, host) })),
    ].filter(({ splits }) => splits.length > 0);
    const byPods = views.length === 0 ? podsView(host, proposed, before.all) : undefined;
    const asked = splitsFor(proposed, host);
    const isSwitch = declaredIn(run, [proposed]).blueGreen?.[shortHost(host)] !== undefined;
    const ready = isSwitch ? readyPods(host, asked, [...(before.live ?? []), ...before.all], run.objects()) : undefined;
    const conditions = new Set([...asked, ...views.flatMap(({ splits }) => splits)].map((split) => split.conditions));
    return [...conditions].map((condition) => {
        const service = condition ? `${shortHost(host)} (${condition})` : shortHost(host);
        const next = splitAt(asked, condition);
        // An edge that hands its decision back to the services proposes nothing itself: they do.
        const decided = views.some(({ splits }) => splitAt(splits, condition)?.decides);
        const now = decided && !next?.decides ? undefined : next;
        const applied = views.flatMap(({ readFrom, splits }) => {
            const split = splitAt(splits, condition);
            return split ? [{ ...trafficOf(split, service), readFrom, readyPods: ready }] : [];
        });
        return { applied: byPods ? [{ ...byPods, service }] : applied, proposed: now ? [trafficOf(now, service)] : [] };
    });
}

interface View {
    readonly readFrom: AppliedTraffic["readFrom"];
    readonly splits: readonly Split[];
}

function splitsFor(routes: KubeObject, host: string): Split[] {
    // Of one that is compared because of its URN the host may have been another.
    const splits = splitsOf(routes);
    const own = splits.filter((split) => split.host === host);
    return own.length > 0 ? own : splits.filter((split) => split.host === splits[0]?.host);
}

/** What serves a request that meets these conditions: their own rule, or the one for everybody. */
function splitAt(splits: readonly Split[], conditions: string): Split | undefined {
    return splits.find((split) => split.conditions === conditions) ?? splits.find((split) => split.conditions === "");
}

function trafficOf({ weights, reachableByHeader }: Split, service: string): ServiceTraffic {
    const rounded = Object.entries(weights).map(([version, share]) => [version, Math.round(share * 10) / 10]);
    return { service, weights: Object.fromEntries(rounded) as Weights, reachableByHeader };
}

/** A Service that had no routes shared its requests over its pods: to route them otherwise is a step, too. */
function podsView(host: string, proposed: KubeObject, state: readonly KubeObject[]): AppliedTraffic | undefined {
    const shares = sharesByPods(state, host);
    if (!shares) return undefined;
    const weights = Object.fromEntries(
        Object.entries(shares).map(([version, share]) => [versionAsRouted(version, proposed), share]),
    );
    return { service: shortHost(host), weights, reachableByHeader: [], readFrom: "state" };
}

/** Subsets are named as their versions are; where the destination is the Service itself, its name stands for the version. */
function versionAsRouted(version: VersionName, proposed: KubeObject): VersionName {
    const named = splitsOf(proposed).flatMap(({ weights }) => Object.keys(weights));
    return named.includes(version) || named.length !== 1 ? version : (named[0] ?? version);
}

/** Whether two VirtualServices decide on the same requests: a host of one cluster, at one gateway or in the mesh. */
export function isSameHost(run: Run, one: KubeObject, proposed: KubeObject, host: string): boolean {
    // Another provider is another cluster, as long as both are there; else it was renamed.
    if (one.provider && one.provider !== proposed.provider && run.registered.has(one.provider)) return false;
    return hostsOf(one).includes(host) && gatewaysOf(one).some((gateway) => gatewaysOf(proposed).includes(gateway));
}

/** Ready pods by version, from where they are known: the cluster before the state. */
function readyPods(
    host: string,
    splits: readonly Split[],
    known: readonly KubeObject[],
    world: readonly KubeObject[],
): Record<VersionName, number> | undefined {
    const objects = [...world, ...known.filter((one) => one.kind !== "Deployment")];
    const pods: Record<VersionName, number> = {};
    for (const version of new Set(splits.flatMap(({ weights }) => Object.keys(weights)))) {
        const subset = subsetLabels(objects, { host, subset: version }) ? version : undefined;
        for (const { namespace, name } of workloadsBehind(objects, { host, subset })) {
            const found = known.find(
                (one) => one.kind === "Deployment" && one.namespace === namespace && one.name === name,
            );
            if (found?.readyPods !== undefined) pods[version] = weightOf(pods, version) + found.readyPods;
        }
    }
    return Object.keys(pods).length > 0 ? pods : undefined;
}
