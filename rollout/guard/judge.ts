import { placeOf } from "../../cluster/choose";
import { stackName } from "../../components/mesh/ownership";
import { liveRoutes, readyPods } from "../../components/mesh/live";
import { appliedIn, fullHost, SeenResource, serviceOf, trafficIn } from "../../components/traffic/applied";
import type { AppliedTraffic, ServiceTraffic, StepLimits } from "../../components/traffic/checkStep";
import type { Finding } from "../../components/traffic/finding";
import { judgeStep } from "../../components/traffic/judgeStep";
import type { MeshAccess } from "../../components/traffic/meshAccess";
import { routesFor } from "../../components/traffic/routes";
import { describeChange } from "../../components/traffic/weights";
import { loadSettings } from "../../config/load";
import { Strategy } from "../../components/traffic/strategy";
import type { ServiceSettings, Settings } from "../../config/read";
import { knownSystems } from "../../config/systems";
import { appliedRoutes, pendingConfig } from "./state";

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
    readonly routes: readonly SeenResource[];
    /** Ready pods by service and version. */
    readonly pods: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * Judges the pending config of a stack against what is applied, without running the program.
 *
 * @throws when it can't be judged: then the step must not be made.
 */
export async function judgePending(stack: string): Promise<Judgement> {
    const [config, state] = await Promise.all([pendingConfig(stack), appliedRoutes(stack)]);
    const settings = loadSettings("upshift", stack, config);
    return judge(settings, state, await readLive(stack, settings, state));
}

/** The judgement itself, of what was read. */
export function judge(settings: Settings, state: readonly SeenResource[], live: Live | Error): Judgement {
    const services = Object.values(settings.services).filter(
        ({ strategy }) => strategy && strategy !== Strategy.Replicas,
    );
    const hosts = hostsOf(settings, services, state);
    const kept = appliedIn("state", hosts, state);
    const found = live instanceof Error ? { applied: [], findings: [] } : appliedIn("cluster", hosts, live.routes);
    const pods = live instanceof Error ? undefined : live.pods;
    const applied = [...kept.applied, ...found.applied].map((view) => ({
        ...view,
        readyPods: pods && (pods[view.service] ?? {}),
    }));
    const proposed = services.map((service) => proposedTraffic(service));
    const limits: StepLimits = {
        ...settings.limits,
        stable: Object.fromEntries(services.map(({ name, stable }) => [name, stable])),
        blueGreen: Object.fromEntries(
            services.flatMap(({ name, blueGreen }) => (blueGreen ? [[name, blueGreen]] : [])),
        ),
    };
    return {
        changes: changesOf(applied, proposed),
        findings: judgeStep({ applied, findings: [...kept.findings, ...found.findings] }, proposed, limits),
        notes: [
            ...(hosts.size === 0 ? ["nothing is applied yet: a first deployment is no step"] : []),
            ...(live instanceof Error ? [`the cluster can't be read, the state alone is judged: ${live.message}`] : []),
        ],
    };
}

/** The services by full host, in every namespace in which the stack has one of them. */
function hostsOf(
    settings: Settings,
    services: readonly ServiceSettings[],
    state: readonly SeenResource[],
): Map<string, string> {
    const hosts = new Map(services.map((service) => [hostOf(settings, service), service.name]));
    const ours = state.filter(({ spec }) => hosts.has(serviceOf(spec)) || hosts.has(fullHost(spec, "")));
    const namespaces = new Set(ours.map(({ namespace }) => namespace));
    return new Map(
        [...namespaces].flatMap((namespace) =>
            [...hosts].map(([host, service]) => [fullHost({ hosts: [host] }, namespace), service] as const),
        ),
    );
}

/** Where versions are told apart by namespace or by pair, the decision is made at the gateway, for its host. */
function hostOf({ systems }: Settings, { name, strategy }: ServiceSettings): string {
    if (strategy === Strategy.Mesh) return name;
    const system = knownSystems.find(({ services }) => services.some((service) => service.name === name));
    return systems[system?.name ?? ""]?.host ?? name;
}

function proposedTraffic({ name, versions, weights, canaryHeader, strategy }: ServiceSettings): ServiceTraffic {
    const destinations = Object.fromEntries(versions.map((version) => [version, version]));
    const spec = routesFor({ host: name, versions, weights, canaryHeader, strategy, destinations });
    const { traffic, findings } = trafficIn(spec, name);
    // The config was checked before: its weights are whole percents.
    if (!traffic) throw new Error(findings.map(({ message }) => message).join("\n"));
    return traffic;
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
        const namespaces = [...new Set(state.map(({ namespace }) => namespace))];
        const [routes, ...pods] = await Promise.all([
            liveRoutes(access),
            ...namespaces.map((namespace) => readyPods(access, namespace)),
        ]);
        return { routes, pods: Object.assign({}, ...pods) as Live["pods"] };
    } catch (error) {
        return error as Error;
    }
}
