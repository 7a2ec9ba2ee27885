import { alongChain } from "../traffic/judge/alongChain";
import { fullHost, trafficIn } from "../traffic/judge/applied";
import { appliedIn, type SeenResource } from "../traffic/judge/appliedIn";
import { decidedIn } from "../traffic/split/chain";
import { checkRemoval } from "../traffic/judge/checkRemoval";
import type { StepLimits } from "../traffic/judge/checkStep";
import { describeFindings, type Finding } from "../traffic/judge/finding";
import type { GuardedSplit } from "./guardedSplit";
import { type Change, lostSubsets, placeOf, routesOf } from "./hookInputs";
import { type Applied, judgeStep } from "../traffic/judge/judgeStep";
import { Places, withoutCluster } from "./readApplied";

/**
 * Judges the steps of one run, for all services of a chain together: what was applied when the run began against all that the
 * program proposes. So a step that is too large is refused before any part of it is applied, and again when it is tried again.
 */
export class ChainGuard {
    private readonly splits = new Map<string, GuardedSplit>();
    private readonly places = new Places();

    /** The guard of the run that goes on and of a chain in it. */
    static of(chain: object): ChainGuard {
        const guard = guards.get(chain) ?? new ChainGuard();
        guards.set(chain, guard);
        return guard;
    }

    add(split: GuardedSplit): void {
        // Later the state has what this run has made already: pods of a first deployment, whose routes are still to come.
        this.places.state().catch(() => undefined);
        this.splits.set(split.service, split);
    }

    /** @throws with every finding, when the routes of a service may not become the new ones. */
    async judgeRoutes(split: GuardedSplit, change: Change, inPreview: boolean): Promise<void> {
        const { spec, namespace } = routesOf(change.newInputs);
        const { service, isChain } = split;
        const own = isChain ? decidedIn(spec, service, namespace) : trafficIn(spec, service, namespace);
        if (own && !own.traffic) return refuse(own.findings);
        await this.judge({ ...split, proposed: own?.traffic }, namespace, change, inPreview);
        if (split.drains && own?.traffic) {
            const { applied } = await this.applied(split, namespace, change.oldInputs, inPreview);
            const before = applied.flatMap((view) => [...Object.keys(view.weights), ...view.reachableByHeader]);
            const kept = Object.keys(own.traffic.weights);
            refuse(
                checkRemoval(
                    service,
                    applied,
                    [...new Set(before)].filter((version) => !kept.includes(version)),
                ),
            );
        }
        if (!inPreview && namespace !== undefined) await this.places.noteBrokenGlass(split, namespace);
    }

    /** @throws with every finding, when the pods of a service may not become as many as is asked for. */
    async judgePods(split: GuardedSplit, change: Change, inPreview: boolean): Promise<void> {
        await this.judge(split, placeOf(change.newInputs).namespace, change, inPreview);
    }

    /** @throws with every finding, when a subset of a service is taken away or relabelled that still serves. */
    async judgeSubsets(split: GuardedSplit, change: Change, inPreview: boolean): Promise<void> {
        const removed = lostSubsets(change.oldInputs, change.newInputs);
        if (removed.length === 0) return;
        const { namespace } = placeOf(change.oldInputs);
        const seen = await this.applied(split, namespace, undefined, inPreview);
        refuse([...seen.findings, ...checkRemoval(split.service, seen.applied, removed)]);
    }

    private async judge(
        split: GuardedSplit,
        namespace: string | undefined,
        { oldInputs }: Change,
        inPreview: boolean,
    ): Promise<void> {
        const all = [...this.splits.values()].map((one) => (one.service === split.service ? split : one));
        const proposed = all.flatMap((one) => one.proposed ?? []);
        const seen = await this.applied(split, namespace, oldInputs, inPreview);
        const counted = await this.places.withPods(split, seen);
        const chains = all.flatMap(({ service, decides }) => (decides ? [{ name: service, services: decides }] : []));
        const applied = chains.reduce((views, chain) => alongChain(chain, views, proposed), counted.applied);
        const ours = new Set([split.service, ...(split.decides ?? [])]);
        refuse(
            judgeStep({ ...counted, applied }, proposed, this.limits(split)).filter(({ services }) =>
                services.some((service) => ours.has(service)),
            ),
        );
    }

    /**
     * What is applied: as the state had it when the run began, and as the cluster has it, where it can be read. Of the resource
     * itself the hook's old inputs are the state, which a refresh may have brought up to date.
     */
    private async applied(
        split: GuardedSplit,
        namespace: string | undefined,
        oldInputs: unknown,
        inPreview: boolean,
    ): Promise<Applied> {
        // A namespace that is about to be made has no routes.
        if (namespace === undefined) return { applied: [], findings: [] };
        const hosts = new Map(
            [...this.splits.values()].map((one) => [fullHost({ hosts: [one.host] }, namespace), one]),
        );
        const own = fullHost({ hosts: [split.host] }, namespace);
        const isOwn = (one: SeenResource): boolean =>
            split.byPods
                ? one.kind === "Deployment" && one.namespace === namespace && one.name === placeOf(oldInputs).name
                : one.kind === "VirtualService" && hosts.get(fullHost(one.spec, one.namespace)) === hosts.get(own);
        const kept = (await this.places.state()).filter((one) => !oldInputs || !isOwn(one));
        const kind = split.byPods ? "Deployment" : "VirtualService";
        const state = oldInputs ? [...kept, { ...placeOf(oldInputs), namespace, kind }] : kept;
        const cluster = split.mesh && (await this.places.live(split.mesh, split.byPods ? namespace : undefined));
        if (!(cluster instanceof Error)) return appliedIn(hosts, cluster ? { state, cluster } : { state });
        return withoutCluster(split.service, appliedIn(hosts, { state }), cluster, inPreview);
    }

    private limits({ maxRaise, maxRaiseTogether }: GuardedSplit): StepLimits {
        const splits = [...this.splits.values()];
        return {
            maxRaise,
            maxRaiseTogether,
            stable: Object.fromEntries(splits.map(({ service, stable }) => [service, stable])),
            blueGreen: Object.fromEntries(
                splits.flatMap(({ service, blueGreen }) => (blueGreen ? [[service, blueGreen]] : [])),
            ),
        };
    }
}

const guards = new WeakMap<object, ChainGuard>();

function refuse(findings: readonly Finding[]): void {
    if (findings.length > 0) throw new Error(`this step is refused:\n${describeFindings(findings)}`);
}
