import {
    type AppliedTraffic,
    checkStep,
    type ServiceTraffic,
    type StepLimits,
} from "../../components/traffic/checkStep";
import type { Finding } from "../../components/traffic/finding";
import { unreadable } from "../../components/traffic/finding";
import { weightOf, type VersionName, type Weights } from "../../components/traffic/weights";
import { fullHost, gatewaysOf, hostsOf, shortHost } from "./hosts";
import { encrypted, holds, type KubeObject, mapAt, textsAt, unknown } from "./object";
import { sharesByPods, subsetLabels, workloadsBehind } from "../../components/traffic/pods";
import type { Run } from "./run";
import { type Split, splitsOf } from "../../components/traffic/rules";

/** What a program proposes for the traffic beside what is applied: what `checkStep` judges. */
export interface Step {
    readonly applied: readonly AppliedTraffic[];
    readonly proposed: readonly ServiceTraffic[];
    /** Why a part of it can't be judged, and so is refused. */
    readonly unreadable: readonly Finding[];
}

/** What of the limits comes with a release and not with the pack. */
export type Declared = Pick<StepLimits, "stable" | "blueGreen">;

/** Where a release's own marks stand on a VirtualService, for those who have no config of ours. */
export const annotations = {
    /** The version that is switched to at once. */
    blueGreen: "upshift.dev/blue-green",
    /** The version that a rollback returns to. */
    stable: "upshift.dev/stable",
    /** Who agreed to the step. */
    approvedBy: "upshift.dev/approved-by",
};

const known = new WeakMap<KubeObject, Promise<Step>>();

/**
 * Compares a VirtualService with what is applied for the same hosts, whatever the resource that holds them is called: one under
 * a new name moves the traffic of the old one.
 */
export function stepOf(run: Run, routes: KubeObject): Promise<Step> {
    const step = known.get(routes) ?? compare(run, routes);
    known.set(routes, step);
    return step;
}

async function compare(run: Run, routes: KubeObject): Promise<Step> {
    let state: readonly KubeObject[];
    try {
        state = await run.applied();
    } catch (error) {
        return { ...nothing, unreadable: [noState(nameOf(routes), error as Error)] };
    }
    const same = state.filter((one) => isSameRoutes(run, one, routes));
    if (holds(routes.body.spec, unknown))
        return same.length > 0
            ? refused(
                  routes,
                  "its routes are not known before the update, so the step can't be judged: give weights, hosts and subsets as plain values",
              )
            : nothing;
    if (same.some((one) => holds(one.body.spec, encrypted)))
        return refused(routes, "the state has its routes only encrypted: build them from values that are no secrets");
    const before = { state: same, live: await run.live(routes), all: state };
    return joined(hostsOf(routes).map((host) => stepOfHost(run, host, routes, before)));
}

/** Steps as one, for a chain is judged together. */
export function joined(steps: readonly Step[]): Step {
    return {
        applied: steps.flatMap(({ applied }) => applied),
        proposed: steps.flatMap(({ proposed }) => proposed),
        unreadable: steps.flatMap(({ unreadable: findings }) => findings),
    };
}

/** Every finding of a step: what can't be judged is refused. */
export function findingsOf(step: Step, limits: StepLimits): Finding[] {
    const stable = { ...limits.stable };
    // A rule for some requests has its conditions behind the service's name.
    for (const { service } of step.proposed) {
        const version = stable[service.replace(/ \(.*$/s, "")];
        if (version !== undefined) stable[service] = version;
    }
    return [...step.unreadable, ...checkStep(step.applied, step.proposed, { ...limits, stable })];
}

/** What the release declares: the stack's config, and marks on the routes themselves. */
export function declaredIn(run: Run, routes: readonly KubeObject[]): Declared {
    const marks = (annotation: string): Record<string, VersionName> =>
        Object.fromEntries(
            routes.flatMap((one) => {
                const mark = mapAt(one.body, "metadata", "annotations")[annotation];
                return mark === undefined ? [] : hostsOf(one).map((host) => [shortHost(host), mark]);
            }),
        );
    return {
        stable: { ...marks(annotations.stable), ...mapAt({ it: run.sources.config("stable") as never }, "it") },
        blueGreen: {
            ...marks(annotations.blueGreen),
            ...mapAt({ it: run.sources.config("blueGreen") as never }, "it"),
        },
    };
}

/** What is known of a host from before. */
interface Before {
    /** VirtualServices of the state that are compared. */
    readonly state: readonly KubeObject[];
    readonly live: readonly KubeObject[] | undefined;
    /** The whole state. */
    readonly all: readonly KubeObject[];
}

function stepOfHost(run: Run, host: string, proposed: KubeObject, before: Before): Step {
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
    const services = [...conditions].map((condition) => {
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
    return joined(services.map((one) => ({ ...one, unreadable: [] })));
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

function isSameRoutes(run: Run, applied: KubeObject, proposed: KubeObject): boolean {
    if (applied.kind !== "VirtualService") return false;
    if (applied.urn === proposed.urn || proposed.aliases.includes(applied.urn)) return true;
    return hostsOf(proposed).some((host) => isSameHost(run, applied, proposed, host));
}

function isSameHost(run: Run, one: KubeObject, proposed: KubeObject, host: string): boolean {
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

const nothing: Step = { applied: [], proposed: [], unreadable: [] };

function refused(routes: KubeObject, why: string): Step {
    return { ...nothing, unreadable: [unreadable(nameOf(routes), why)] };
}

/** Why nothing can be judged without the state. */
export function noState(service: string, { message }: Error): Finding {
    const why = message
        .split("\n")
        .filter((line) => line.trim() !== "")
        .slice(0, 2)
        .join(" ")
        .replace(/^error: /, "");
    return unreadable(
        service,
        `what is applied could not be read, and a step from nowhere can't be judged: ${why}. Mend what \`pulumi stack export\` lacks: the backend's address, or PULUMI_CONFIG_PASSPHRASE`,
    );
}

function nameOf(routes: KubeObject): string {
    const [host] = textsAt(routes.body, "spec", "hosts");
    return host === undefined ? routes.name : shortHost(fullHost(host, routes.namespace));
}
