import { isDeepStrictEqual } from "node:util";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { sharesOf } from "../../components/traffic/split/replicas";
import type { VersionName } from "../../components/traffic/split/weights";
import { knownSystems } from "../../config/systems";
import { Change, nameOf, ResourceState, typesOf } from "./events";
import type { Intent } from "./intent";
import type { Routes, ServicePlan, SplitBy } from "./model";
import { routesOf } from "./routesOf";
import { stepOf } from "./step";
import { rollbackCommand, sentences } from "./words";

/** A service's routes, as last applied and as they shall be. */
export interface ServiceRoutes {
    readonly service: string;
    readonly by: SplitBy;
    readonly applied?: Routes;
    readonly proposed?: Routes;
}

/** The services whose traffic a preview changes, with what that means. */
export function servicePlans(changes: readonly Change[], intent: Intent): ServicePlan[] {
    return serviceRoutes(changes, intent.headers)
        .filter(({ applied, proposed }) => !isDeepStrictEqual(applied, proposed))
        .map((routes) => planOf(routes, intent));
}

/** Every service that a preview looks at, changed or not, in the order of their names. */
export function serviceRoutes(changes: readonly Change[], headers: readonly string[] = []): ServiceRoutes[] {
    const byMesh = changes
        .filter(({ type }) => type.endsWith(":VirtualService"))
        .flatMap((change) => meshRoutes(change, headers));
    return [...byMesh, ...podRoutes(changes)].sort((a, b) => (a.service < b.service ? -1 : 1));
}

function planOf({ service, by, applied, proposed }: ServiceRoutes, { stable: stables, maxRaise }: Intent): ServicePlan {
    const versions = Object.keys(proposed?.weights ?? applied?.weights ?? {});
    const stable = stables[service] ?? versions[0] ?? "";
    const step = stepOf(applied, proposed, stable, maxRaise[service]);
    const words = sentences({ service, by, applied, proposed });
    return { service, by, stable, applied, proposed, step, words, rollback: rollbackOf(service, stable, proposed) };
}

/** A rollback after this plan; none where it would change nothing. */
function rollbackOf(service: string, stable: VersionName, proposed: Routes | undefined): string | undefined {
    if (!proposed || proposed.weights[stable] === 100) return undefined;
    const versions = Object.keys(proposed.weights);
    if (!versions.includes(stable)) return `${service}: ${stable} would have to be deployed again first.`;
    return `${service}: all requests go back to ${stable} at once, in one \`pulumi up\`: ${rollbackCommand(service, stable, versions)}`;
}

function meshRoutes(change: Change, headers: readonly string[]): ServiceRoutes[] {
    const specOf = (state: ResourceState | undefined): VirtualServiceSpec | undefined =>
        state?.inputs.spec as VirtualServiceSpec | undefined;
    const [old, next] = [oldOf(change), newOf(change)].map(specOf);
    const [applied, proposed] = [old, next].map((spec) => spec && routesOf(spec, headers));
    const spec = next ?? old;
    return spec && (applied || proposed)
        ? [{ service: serviceNameOf(change, spec), by: "mesh", applied, proposed }]
        : [];
}

/** The name under which the config knows the service: its component's, its chain's, or its host's. */
function serviceNameOf({ urn, old, new: next, name }: Change, { hosts }: VirtualServiceSpec): string {
    const parent = next?.parent ?? old?.parent;
    if (typesOf(urn).includes("upshift:index:TrafficSplit") && parent) return nameOf(parent);
    const chain = knownSystems.find(({ host }) => hosts?.includes(host))?.chain;
    return chain?.name ?? hosts?.[0]?.split(".")[0] ?? name;
}

/** Without a mesh a version's share is its share of the pods. */
function podRoutes(changes: readonly Change[]): ServiceRoutes[] {
    const deployments = changes.filter(
        ({ type, urn }) => type.endsWith(":Deployment") && typesOf(urn).includes("upshift:index:ReplicaSplit"),
    );
    const services = grouped(deployments, serviceOfPods);
    return [...services].map(([service, own]) => ({
        service,
        by: "pods" as const,
        applied: podShares(own.map(oldOf)),
        proposed: podShares(own.map(newOf)),
    }));
}

function serviceOfPods({ old, new: next, name }: Change): string {
    return nameOf(next?.parent ?? old?.parent ?? name);
}

function podShares(deployments: readonly (ResourceState | undefined)[]): Routes | undefined {
    const counts = deployments.flatMap((state) => {
        const inputs = state?.inputs as
            { metadata?: { labels?: Record<string, string> }; spec?: { replicas?: number } } | undefined;
        const version = inputs?.metadata?.labels?.version;
        return version ? [[version, inputs?.spec?.replicas ?? 1] as const] : [];
    });
    return counts.length > 0 ? { weights: sharesOf(Object.fromEntries(counts)), special: [] } : undefined;
}

/** What there is before an update. */
export function oldOf({ op, old }: Change): ResourceState | undefined {
    return op === "create" ? undefined : old;
}

/** What there shall be after it. */
export function newOf({ op, new: next }: Change): ResourceState | undefined {
    return op === "delete" ? undefined : next;
}

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
    return groups;
}
