import { grouped } from "../world/grouped";
import { shortName, serviceNamed } from "../world/hosts";
import type { DestinationRuleSpec } from "../world/istio";
import { once } from "../world/once";
import { mapAt, selects, textAt } from "../world/values";
import { reading, type ServiceObject, type World, workloadsBehind } from "../world/world";
import type { Problem } from "./problem";

/** What routes lead to, and for whom they are. */
export interface Wanted {
    /** How config calls the service. */
    readonly service: string;
    /** The namespace of the routes. */
    readonly namespace: string;
    /** Every destination that requests can reach: its host by the full name, and the subset where there is one. */
    readonly destinations: readonly { readonly host: string; readonly subset: string }[];
    readonly subsets?: DestinationRuleSpec["subsets"] | undefined;
    /** Whether callers' own proxies follow the routes, and not those of gateways. */
    readonly isForMesh: boolean;
}

/** A pod of the cluster that runs. */
export interface PodSeen {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Whether the mesh's proxy runs in it. */
    readonly hasProxy: boolean;
}

type Labels = Readonly<Record<string, string>>;

/**
 * Why routes would lead to nobody, or be followed by nobody, in a cluster with a mesh. Where none is installed nothing is said: there
 * is nobody to follow any routes.
 *
 * @returns every problem; empty when somebody answers at each destination.
 */
export function servedProblems(wanted: Wanted, world: World, pods: readonly PodSeen[]): Problem[] {
    const injection = injectionIn(world);
    if (injection === undefined) return [];
    const hosts = [...new Set(wanted.destinations.map(({ host }) => host))];
    return [
        ...hosts.flatMap((host) => hostProblems(wanted, host, world, pods)),
        ...(wanted.isForMesh ? proxyProblems(wanted, pods, injection) : []),
    ];
}

function hostProblems(wanted: Wanted, host: string, world: World, pods: readonly PodSeen[]): Problem[] {
    const named = serviceNamed(host);
    // A host of the outside is told of by whoever lets it in.
    if (!named) return [];
    const at = `${wanted.service}: Service ${shortName(host)}`;
    const service = reading(world).services.get(host);
    if (!service)
        return [
            {
                at,
                message: "is not there, so that nobody would answer",
                fix: `deploy it first, and let the TrafficSplit wait for it by dependsOn; or name another: kubectl -n ${named.namespace} get services`,
            },
        ];
    const { selector } = service;
    if (Object.keys(selector).length === 0)
        return [
            {
                at,
                message: "has no selector, so that no pod is behind it, and none can be told by its version",
                fix: `kubectl -n ${named.namespace} patch service ${named.name} -p '{"spec":{"selector":{"app":"${named.name}"}}}'`,
            },
        ];
    const behind = labelsBehind(world, service, pods);
    if (behind.length === 0)
        return [
            {
                at,
                message: `selects ${inWords(selector)}, and no pod has that, so that nobody would answer`,
                fix: `kubectl -n ${named.namespace} get pods --show-labels`,
            },
        ];
    const reached = wanted.destinations.filter((one) => one.host === host && one.subset !== "");
    return reached.flatMap(({ subset }) => versionProblems(at, service, subset, wanted, world, behind));
}

function versionProblems(
    at: string,
    service: ServiceObject,
    version: string,
    { subsets = [] }: Wanted,
    world: World,
    behind: readonly Labels[],
): Problem[] {
    const labels = subsets.find(({ name }) => name === version)?.labels;
    if (!labels || behind.some((pod) => selects(labels, pod))) return [];
    const [[label, value] = ["", ""]] = Object.entries(labels);
    const message = `has no pod with ${inWords(labels)}, by which version ${version} is told; its pods have ${describeLabels(behind)}`;
    const other = labelWith(behind, value);
    if (other !== undefined)
        return [{ at, message, fix: `versionLabel: ${JSON.stringify(other)} in the TrafficSplit` }];
    const untold = workloadsBehind(world, service.host).find((one) => one.labels[label] === undefined);
    const what = `${untold?.kind.toLowerCase() ?? "deployment"}/${untold?.name ?? "NAME"}`;
    return [{ at, message, fix: labelPods(service.namespace, what, label, value) }];
}

/** The command that gives a workload's pods a label: `kubectl -n shop patch deployment/web -p …`. */
export function labelPods(namespace: string, workload: string, label: string, value: string): string {
    const patch = JSON.stringify({ spec: { template: { metadata: { labels: { [label]: value } } } } });
    return `kubectl -n ${namespace} patch ${workload} -p '${patch}'`;
}

/** Without a proxy a call goes to any pod of the Service: the weights would hold for nobody, and a new version get its share of pods. */
function proxyProblems({ service, namespace }: Wanted, pods: readonly PodSeen[], injection: string): Problem[] {
    const own = byNamespace(pods).get(namespace) ?? [];
    if (own.length === 0 || own.some(({ hasProxy }) => hasProxy)) return [];
    return [
        {
            at: `${service}: namespace ${namespace}`,
            message: `none of its ${own.length} pods has the mesh's proxy: their calls would go by the number of pods, whatever the weights are`,
            fix: `kubectl label namespace ${namespace} ${injection} --overwrite && kubectl -n ${namespace} rollout restart deployment`,
        },
    ];
}

/** The label by which a namespace asks the installed mesh for proxies; undefined where no mesh is installed. */
export const injectionIn = once((world: World): string | undefined => {
    const revisions = [...reading(world).services.values()]
        .filter(({ body }) => textAt(body, "metadata", "labels", "app") === "istiod")
        .map(({ body }) => mapAt(body, "metadata", "labels")["istio.io/rev"] ?? "default");
    if (revisions.length === 0) return undefined;
    return revisions.includes("default") ? "istio-injection=enabled" : `istio.io/rev=${revisions[0]}`;
});

/** Pods by their namespace: each of many services asks for its own. */
const byNamespace = once((pods: readonly PodSeen[]) => grouped(pods.map((pod) => [pod.namespace, pod])));

/** The labels of pods behind a Service: of those that run, and of those that its workloads make. */
function labelsBehind(world: World, { host, namespace, selector }: ServiceObject, pods: readonly PodSeen[]): Labels[] {
    const running = (byNamespace(pods).get(namespace) ?? []).filter((pod) => selects(selector, pod.labels));
    return [...workloadsBehind(world, host), ...running].map(({ labels }) => labels);
}

/** A label by which one of the pods is told as a version is asked for. */
function labelWith(behind: readonly Labels[], value: string): string | undefined {
    return behind
        .flatMap((labels) => Object.entries(labels).flatMap(([label, one]) => (one === value ? [label] : [])))
        .find((label) => label !== "app");
}

/** What tells the pods apart: the labels that have several values, or all where none has. */
function describeLabels(behind: readonly Labels[]): string {
    const valuesOf = (label: string): string[] => [...new Set(behind.flatMap((labels) => labels[label] ?? []))];
    const all = [...new Set(behind.flatMap(Object.keys))].filter((label) => !madeByKubernetes.test(label));
    const telling = all.filter((label) => valuesOf(label).length > 1);
    return (telling.length > 0 ? telling : all).map((label) => `${label}=${valuesOf(label).join("|")}`).join(", ");
}

/** Labels that Kubernetes, the mesh and controllers write by themselves tell templates and pods apart, and not versions. */
export const madeByKubernetes =
    /^(pod-template-hash|rollouts-pod-template-hash|controller-revision-hash|pod-template-generation|statefulset\.kubernetes\.io\/.*|apps\.kubernetes\.io\/.*|security\.istio\.io\/.*|service\.istio\.io\/.*)$/;

function inWords(labels: Labels): string {
    return Object.entries(labels)
        .map(([label, value]) => `${label}=${value}`)
        .join(", ");
}
