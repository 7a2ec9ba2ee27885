import { placeOf } from "../../cluster/choose";
import { stackName } from "../../components/mesh/ownership";
import { liveRoutes, liveWorkloads } from "../../components/mesh/live";
import { podCounter } from "../../components/mesh/readyPods";
import { alongChain } from "../../components/traffic/judge/alongChain";
import { appliedIn, type SeenResource } from "../../components/traffic/judge/appliedIn";
import type { AppliedTraffic, ServiceTraffic, StepLimits } from "../../components/traffic/judge/checkStep";
import type { Finding } from "../../components/traffic/judge/finding";
import { judgeStep } from "../../components/traffic/judge/judgeStep";
import type { MeshAccess } from "../../components/split/meshAccess";
import { describeChange } from "../../components/traffic/split/weights";
import { loadSettings } from "../../config/load";
import type { Settings } from "../../config/read";
import { addressedIn, chainsOf, proposedTraffic } from "./proposal";
import { appliedResources, pendingConfig } from "./state";

/** What is to be said of the step that the stack's config asks for. */
export interface Judgement {
    /** Who would move, service by service: `v1 80 → 55, v2 20 → 45`. Services that stay are left out. */
    readonly changes: Readonly<Record<string, string>>;
    readonly findings: readonly Finding[];
    /** What else was seen: that the cluster could not be read, that nothing is applied yet. */
    readonly notes: readonly string[];
}

/** What the cluster has, or why that can't be said. */
export interface Live {
    readonly seen: readonly SeenResource[];
    /** Ready pods by service and version. */
    readonly pods: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * Judges the pending config of a stack against what is applied, without running the program.
 *
 * @throws when it can't be judged: then the step must not be made.
 */
export async function judgePending(stack: string): Promise<Judgement> {
    const [config, state] = await Promise.all([pendingConfig(stack), appliedResources(stack)]);
    const settings = loadSettings("upshift", stack, config);
    return judge(settings, state, await readLive(stack, settings, state));
}

/** The judgement itself, of what was read. */
export function judge(settings: Settings, state: readonly SeenResource[], live: Live | Error): Judgement {
    const services = Object.values(settings.services).filter(({ strategy }) => strategy);
    const chains = chainsOf(settings);
    const hosts = addressedIn(settings, state);
    const cluster = live instanceof Error ? undefined : live.seen;
    const seen = appliedIn(hosts, cluster ? { state, cluster } : { state });
    const pods = live instanceof Error ? undefined : live.pods;
    const counted: AppliedTraffic[] = seen.applied.map((view) => ({
        ...view,
        readyPods: pods && (pods[view.service] ?? {}),
    }));
    const proposed = [...services.map(proposedTraffic), ...chains.flatMap(({ proposed: decided }) => decided ?? [])];
    const applied = chains.reduce((views, chain) => alongChain(chain, views, proposed), counted);
    const limits: StepLimits = {
        ...settings.limits,
        stable: Object.fromEntries([...services, ...chains].map(({ name, stable }) => [name, stable])),
        blueGreen: Object.fromEntries(
            services.flatMap(({ name, blueGreen }) => (blueGreen ? [[name, blueGreen]] : [])),
        ),
    };
    return {
        changes: changesOf(applied, proposed),
        findings: judgeStep({ applied, findings: seen.findings }, proposed, limits),
        notes: [
            ...(hosts.size === 0 ? ["nothing is applied yet: a first deployment is no step"] : []),
            ...(live instanceof Error ? [`the cluster can't be read, the state alone is judged: ${live.message}`] : []),
        ],
    };
}

/** As the cluster has it, where it could be read; else as the state has it. */
function changesOf(applied: readonly AppliedTraffic[], proposed: readonly ServiceTraffic[]): Record<string, string> {
    const entries = proposed.map(({ service, weights }) => {
        const now = applied.findLast((view) => view.service === service);
        return [service, now ? describeChange(now.weights, weights) : ""] as const;
    });
    return Object.fromEntries(entries.filter(([, change]) => change !== ""));
}

async function readLive(stack: string, settings: Settings, state: readonly SeenResource[]): Promise<Live | Error> {
    try {
        const { kubeconfig, context } = placeOf(settings, stackName("upshift", stack));
        const access: MeshAccess = { kubeconfig, context };
        const namespaces = new Set(state.filter(({ kind }) => kind === "Deployment").map(({ namespace }) => namespace));
        const [routes, ...workloads] = await Promise.all([
            liveRoutes(access),
            ...[...namespaces].map((namespace) => liveWorkloads(access, namespace)),
        ]);
        const seen = [...routes, ...workloads.flat()];
        return { seen, pods: await countPods(access, settings, state, seen) };
    } catch (error) {
        return error as Error;
    }
}

/**
 * Ready pods by service and version, behind the applied routes.
 *
 * @param seen what the cluster has.
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function countPods(
    access: MeshAccess,
    settings: Settings,
    state: readonly SeenResource[],
    seen: readonly SeenResource[],
): Promise<Live["pods"]> {
    const views = appliedIn(addressedIn(settings, state), { state, cluster: seen }).applied;
    const count = podCounter(access);
    const counted = views.map(async ({ service, destinations = [] }) => [service, await count(destinations)] as const);
    return Object.fromEntries(await Promise.all(counted));
}
