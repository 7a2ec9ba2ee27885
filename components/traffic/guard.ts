import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { appliedIn, fullHost, SeenResource, trafficIn } from "./applied";
import { checkRemoval } from "./checkRemoval";
import { AppliedTraffic, ServiceTraffic, StepLimits } from "./checkStep";
import { describeFindings, Finding, unreadable } from "./finding";
import { Applied, judgeStep } from "./judgeStep";
import type { MeshAccess } from "./meshAccess";
import { DestinationRuleSpec, VirtualServiceSpec } from "./routes";
import { VersionName } from "./weights";

/** A split of the program, as its guard judges it. */
export interface GuardedSplit {
    readonly service: string;
    readonly proposed: ServiceTraffic;
    readonly stable: VersionName;
    /** The version of a declared blue/green switch. */
    readonly blueGreen?: VersionName;
    readonly maxRaise: number;
    readonly maxRaiseTogether?: number;
    readonly mesh?: MeshAccess;
}

/** What a hook is told, as far as a guard reads it. */
interface Change {
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
    private live?: Promise<SeenResource[] | Error>;

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
        const hosts = new Map([...this.splits.keys()].map((name) => [fullHost({ hosts: [name] }, namespace), name]));
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

/** The hooks of a split's VirtualService and DestinationRule that refuse an unsafe step, at preview and at `up`. */
export function guardHooks(
    guard: ChainGuard,
    split: GuardedSplit,
): { routes: pulumi.ResourceHook; subsets: pulumi.ResourceHook } {
    // A hook is called from outside the program, and there an inline program's run is not known.
    const inRun = AsyncLocalStorage.snapshot();
    const hook = (name: string, judge: (change: Change, inPreview: boolean) => Promise<void>): pulumi.ResourceHook =>
        new pulumi.ResourceHook(
            `${split.service}-${name}`,
            (args) => inRun(() => judge(args, pulumi.runtime.isDryRun())),
            { onDryRun: true },
        );
    return {
        routes: hook("guard", (change, inPreview) => guard.judgeRoutes(split, change, inPreview)),
        subsets: hook("drained", (change, inPreview) => guard.judgeSubsets(split, change, inPreview)),
    };
}

/** Whether the run has an engine that calls hooks; mocks have none. */
export function canHook(): boolean {
    return "registerResourceHook" in (pulumi.runtime.getMonitor() ?? {});
}

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
            const same = after?.subsets.find((subset) => subset.name === name);
            return !same || JSON.stringify(same.labels) !== JSON.stringify(labels);
        })
        .map(({ name }) => name);
}

/** The VirtualServices of the stack's last checkpoint, whatever they are called now. */
async function readState(): Promise<SeenResource[]> {
    const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName })) as {
        outputs: Record<string, { type: string; outputs: SeenOutputs }>;
    };
    return Object.values(outputs)
        .filter(({ type }) => /^kubernetes:networking\.istio\.io\/[^:]+:VirtualService$/.test(type))
        .map(({ outputs: { metadata, spec } }) => ({
            kind: "VirtualService",
            namespace: metadata?.namespace ?? "",
            spec,
        }));
}

interface SeenOutputs {
    metadata?: { namespace?: string };
    spec?: unknown;
}

async function readLive(mesh: MeshAccess): Promise<SeenResource[] | Error> {
    try {
        const { liveRoutes } = await import("../mesh/live");
        return await liveRoutes(mesh);
    } catch (error) {
        return error as Error;
    }
}

/** The state alone is judged, and said so; where it has nothing either, only a preview may go on: nobody knows what serves. */
async function withoutCluster(service: string, state: Applied, error: Error, inPreview: boolean): Promise<Applied> {
    const why = `what the cluster has can't be read: ${error.message}`;
    if (inPreview || state.applied.some((view: AppliedTraffic) => view.service === service)) {
        await pulumi.log.warn(`${service}: ${why}; the step is judged by the state alone`);
        return state;
    }
    return { ...state, findings: [...state.findings, unreadable(service, why)] };
}
