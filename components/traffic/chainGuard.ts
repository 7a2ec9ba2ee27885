import * as pulumi from "@pulumi/pulumi";
import type { LiveRoute } from "../mesh/live";
import { appliedIn, fullHost, SeenResource, trafficIn } from "./applied";
import { checkRemoval } from "./checkRemoval";
import { ServiceTraffic, StepLimits } from "./checkStep";
import { describeFindings, Finding } from "./finding";
import { Applied, judgeStep } from "./judgeStep";
import type { MeshAccess } from "./meshAccess";
import { readLive, readState, withoutCluster } from "./readApplied";
import type { DestinationRuleSpec, VirtualServiceSpec } from "./istio";
import { VersionName } from "./weights";

/** A split of the program, as its guard judges it. */
export interface GuardedSplit {
    /** The name for messages, and in the config. */
    readonly service: string;
    /** The host that its VirtualService routes. */
    readonly host: string;
    readonly proposed: ServiceTraffic;
    readonly stable: VersionName;
    /** The version of a declared blue/green switch. */
    readonly blueGreen?: VersionName;
    readonly maxRaise: number;
    readonly maxRaiseTogether?: number;
    readonly mesh?: MeshAccess;
}

/** What a hook is told, as far as a guard reads it. */
export interface Change {
    readonly oldInputs?: unknown;
    readonly newInputs?: unknown;
}

/**
 * Judges the steps of one run, for all services of a chain together: what was applied when the run began against all that the
 * program proposes. So a step that is too large is refused before any part of it is applied, and again when it is tried again.
 */
export class ChainGuard {
    private readonly splits = new Map<string, GuardedSplit>();
    private state?: Promise<SeenResource[]>;
    private live?: Promise<LiveRoute[] | Error>;

    /** The guard of the run that goes on and of a chain in it. */
    static of(chain: object): ChainGuard {
        const guard = guards.get(chain) ?? new ChainGuard();
        guards.set(chain, guard);
        return guard;
    }

    add(split: GuardedSplit): void {
        this.splits.set(split.service, split);
    }

    /** @throws with every finding, when the routes of a service may not become the new ones. */
    async judgeRoutes(split: GuardedSplit, change: Change, inPreview: boolean): Promise<void> {
        const { spec, namespace } = virtualService(change.newInputs);
        const own = trafficIn(spec, split.service);
        if (!own.traffic) return refuse(own.findings);
        const chain = [...this.splits.values()].map(({ service, proposed }) =>
            service === split.service ? (own.traffic ?? proposed) : proposed,
        );
        const seen = await this.applied(split, namespace, change.oldInputs, inPreview);
        if (!inPreview) await this.noteBrokenGlass(split, namespace);
        const findings = judgeStep(await this.withPods(split, namespace, seen), chain, this.limits(split));
        refuse(findings.filter(({ services }) => services.includes(split.service)));
    }

    /** @throws with every finding, when a subset of a service is taken away or relabelled that still serves. */
    async judgeSubsets(split: GuardedSplit, change: Change, inPreview: boolean): Promise<void> {
        const removed = lostSubsets(change.oldInputs, change.newInputs);
        if (removed.length === 0) return;
        const { namespace } = virtualService(change.oldInputs);
        const seen = await this.applied(split, namespace, undefined, inPreview);
        refuse([...seen.findings, ...checkRemoval(split.service, seen.applied, removed)]);
    }

    /**
     * What is applied: as the state had it when the run began, and as the cluster has it, where it can be read. Of the service
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
            [...this.splits.values()].map(({ service, host }) => [fullHost({ hosts: [host] }, namespace), service]),
        );
        const kept = (await (this.state ??= readState())).filter(
            (seen) => !oldInputs || hosts.get(fullHost(seen.spec, seen.namespace)) !== split.service,
        );
        const old = oldInputs ? [{ kind: "VirtualService", namespace, spec: virtualService(oldInputs).spec }] : [];
        const state = appliedIn("state", hosts, [...kept, ...old]);
        const live = split.mesh && (await (this.live ??= readLive(split.mesh)));
        if (!live) return state;
        if (live instanceof Error) return await withoutCluster(split.service, state, live, inPreview);
        const cluster = appliedIn("cluster", hosts, live);
        return {
            applied: [...state.applied, ...cluster.applied],
            findings: [...state.findings, ...cluster.findings],
        };
    }

    /** Pods are counted only where a switch is declared, and anew each time: they come and go during an `up`. */
    private async withPods(split: GuardedSplit, namespace: string | undefined, seen: Applied): Promise<Applied> {
        if (!split.mesh || !split.blueGreen || namespace === undefined) return seen;
        const { readyPods } = await import("../mesh/live");
        try {
            const pods = await readyPods(split.mesh, namespace);
            const applied = seen.applied.map((view) => ({ ...view, readyPods: pods[view.service] ?? {} }));
            return { ...seen, applied };
        } catch (error) {
            await pulumi.log.warn(`${split.service}: its pods can't be counted: ${(error as Error).message}`);
            return seen;
        }
    }

    private async noteBrokenGlass({ service, host, mesh }: GuardedSplit, namespace?: string): Promise<void> {
        const live = await this.live;
        if (!mesh || !Array.isArray(live) || namespace === undefined) return;
        const { noteBrokenGlass } = await import("../mesh/breakGlass");
        const own = live.filter(
            (route) => fullHost(route.spec, route.namespace) === fullHost({ hosts: [host] }, namespace),
        );
        for (const note of await noteBrokenGlass(mesh, own)) await pulumi.log.warn(`${service}: ${note}`);
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

function virtualService(inputs: unknown): { namespace?: string; spec: VirtualServiceSpec } {
    const { metadata, spec } = inputs as { metadata?: { namespace?: unknown }; spec: VirtualServiceSpec };
    const namespace = metadata?.namespace;
    return { namespace: typeof namespace === "string" ? namespace : undefined, spec };
}

function lostSubsets(oldInputs: unknown, newInputs: unknown): VersionName[] {
    const [before, after] = [oldInputs, newInputs].map((inputs) => (inputs as { spec: DestinationRuleSpec }).spec);
    return (before?.subsets ?? [])
        .filter(({ name, labels }) => {
            const same = after?.subsets?.find((subset) => subset.name === name);
            return !same || JSON.stringify(same.labels) !== JSON.stringify(labels);
        })
        .map(({ name }) => name);
}
