import { fullHost, type ReadTraffic, trafficIn } from "./applied";
import { decidedIn, followsChain } from "../split/chain";
import type { Finding } from "./finding";
import { sharesByPods } from "../world/pods";
import { rulesOf } from "../world/rules";
import type { AppliedTraffic, VersionDestination } from "./serviceTraffic";
import type { Value } from "../world/values";

/** A resource as a state or a cluster has it, as far as this reads it: a VirtualService, a Service or a Deployment. */
export interface SeenResource {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly spec: unknown;
}

/** A service whose step is judged, by what its callers address. */
export interface Addressed {
    /** The name for messages. */
    readonly service: string;
    /** Whether its routes decide for a chain of services, and say nothing of their own. */
    readonly isChain?: boolean;
}

/** What one place has, and what of it can't be read. */
export interface AppliedViews {
    readonly applied: AppliedTraffic[];
    readonly findings: Finding[];
}

/**
 * The views that the state and the cluster have of some services: by their routes; where neither has any, by their pods, as a
 * Service without routes shares its requests over those that it selects.
 *
 * @param hosts the services by full host, see `fullHost`.
 * @param places every resource of a place. VirtualServices are found by those hosts, whatever their names. Of several with one
 * host each is a view: which of them the mesh follows is not defined.
 */
export function appliedIn(
    hosts: ReadonlyMap<string, Addressed>,
    places: Readonly<Partial<Record<AppliedTraffic["readFrom"], readonly SeenResource[]>>>,
): AppliedViews {
    const each = Object.entries(places) as [AppliedTraffic["readFrom"], readonly SeenResource[]][];
    const routed = each.map(([readFrom, seen]) => appliedByRoutes(readFrom, hosts, seen));
    const [applied, findings] = [routed.flatMap((one) => one.applied), routed.flatMap((one) => one.findings)];
    const known = new Set([...applied.map(({ service }) => service), ...findings.flatMap(({ services }) => services)]);
    const unrouted = new Map([...hosts].filter(([, { service, isChain }]) => !isChain && !known.has(service)));
    const byPods = each.flatMap(([readFrom, seen]) => appliedByPods(readFrom, unrouted, seen));
    return { applied: [...applied, ...byPods], findings };
}

function appliedByRoutes(
    readFrom: AppliedTraffic["readFrom"],
    hosts: ReadonlyMap<string, Addressed>,
    seen: readonly SeenResource[],
): AppliedViews {
    const routes = seen.filter(({ kind }) => kind === "VirtualService");
    const read = routes.flatMap((one) => {
        const addressed = hosts.get(fullHost(one.spec, one.namespace));
        const found = addressed && trafficOf(addressed, one);
        return found
            ? [{ ...found, beside: { destinations: destinationsOf(one), inChain: followsChain(one.spec) } }]
            : [];
    });
    return {
        applied: read.flatMap(({ traffic, beside }) => (traffic ? [{ ...traffic, readFrom, ...beside }] : [])),
        findings: read.flatMap(({ findings }) => findings),
    };
}

/** As Deployments ask for pods: those that are not ready yet will be. */
function appliedByPods(
    readFrom: AppliedTraffic["readFrom"],
    hosts: ReadonlyMap<string, Addressed>,
    seen: readonly SeenResource[],
): AppliedTraffic[] {
    const placed = seen.map(({ spec, ...one }) => ({
        ...one,
        group: one.kind === "Deployment" ? "apps" : "core",
        body: { spec: spec as Value },
    }));
    return [...hosts].flatMap(([host, { service }]) => {
        const weights = sharesByPods(placed, host);
        return weights ? [{ service, weights, reachableByHeader: [], readFrom }] : [];
    });
}

function trafficOf({ service, isChain }: Addressed, { spec, namespace }: SeenResource): ReadTraffic | undefined {
    return isChain ? decidedIn(spec, service, namespace) : trafficIn(spec, service, namespace);
}

function destinationsOf({ spec, namespace, name }: SeenResource): VersionDestination[] {
    const all = rulesOf({ namespace, name, body: { spec: spec as Value } }).flatMap(({ destinations }) => destinations);
    const found = new Map(all.map(({ version, host, subset }) => [version, { version, host, subset }]));
    return [...found.values()];
}
