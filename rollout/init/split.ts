import { closest } from "fastest-levenshtein";
import type { Problem } from "../../components/traffic/split/problem";
import { injectionIn, labelPods, type PodSeen, servedProblems } from "../../components/traffic/split/served";
import { nameProblems, plainName } from "../../components/traffic/split/versionNames";
import { hostOfService } from "../../components/traffic/world/hosts";
import { reading, type ServiceObject, type World, workloadsBehind } from "../../components/traffic/world/world";
import type { Workload } from "../../components/traffic/world/workloads";
import type { SplitArgs } from "../adopt/adoption";
import { movedBy } from "../adopt/proof";
import { objectsOf } from "../adopt/proposal";
import { stableOf } from "../adopt/virtualService";
import { byVersion, tellingLabel, type VersionPods } from "./versions";

/** A Service of the cluster that gets a split. */
export interface Wanted {
    readonly namespace: string;
    readonly name: string;
    /** The label that tells its versions apart. Default: the one that does today. */
    readonly versionLabel?: string | undefined;
}

/** The split that a Service begins with: what its pods serve today. */
export interface FirstSplit {
    readonly args: SplitArgs;
    /** What is to be known besides. */
    readonly notes: readonly string[];
}

/** A split, or every reason why there is none. */
export type Found =
    | { readonly split: FirstSplit; readonly problems: readonly [] }
    | { readonly split?: undefined; readonly problems: readonly Problem[] };

/**
 * What a Service that Kubernetes alone splits comes to as a TrafficSplit: versions by the label that tells its pods apart, and
 * weights by how many of them are ready, so that nobody is moved.
 *
 * @param pods that run, by which it is seen whether the mesh's proxy is in them.
 */
export function firstSplit(world: World, pods: readonly PodSeen[], wanted: Wanted): Found {
    const { name } = wanted;
    const service = reading(world).services.get(hostOfService(wanted));
    if (!service) return { problems: [notThere(world, wanted)] };
    const split = [...meshProblems(world), ...routedProblems(world, service)];
    if (split.length > 0) return { problems: split };
    const workloads = workloadsBehind(world, service.host).filter((one) => one.wanted !== 0);
    const label = wanted.versionLabel ?? tellingLabel(workloads, service.selector) ?? "version";
    const versions = byVersion(workloads, label);
    const args = argsOf(service, label, versions);
    const problems = [
        ...untoldProblems(workloads, label),
        ...servedProblems(askedOf(service, args, label), world, pods),
        ...Object.keys(args.weights).flatMap((version) => nameProblems(`${name}: version ${version}`, version)),
    ];
    if (problems.length > 0) return { problems };
    const rounded = versions.filter(({ served }, index) => Math.abs(served - weightAt(args, index)) > 1e-9);
    const { routes, subsets } = objectsOf(name, args);
    // What is rounded to whole weights is less than a point off.
    const moved = movedBy(name, world, [subsets, routes], rounded.length > 0 ? 1 : 0);
    if (moved.length > 0) return { problems: moved };
    return { problems: [], split: { args, notes: notesOf(versions, rounded, args) } };
}

function argsOf({ namespace, name }: ServiceObject, label: string, found: readonly VersionPods[]): SplitArgs {
    const versions = namesOf(found);
    const others = Object.fromEntries(
        found.flatMap(({ value }, index) => (value === versions[index] ? [] : [[versions[index], value]])),
    ) as Record<string, string>;
    const weights = Object.fromEntries(
        wholeShares(found.map(({ served }) => served)).map((weight, index) => [versions[index] ?? "", weight]),
    );
    const stable = stableOf(versions, weights);
    return {
        namespace,
        service: name,
        versions,
        ...(label !== "version" && { versionLabel: label }),
        ...(Object.keys(others).length > 0 && { labelValues: others }),
        weights,
        ...(stable !== versions[0] && { step: { stable } }),
        routesName: `${name}-vs`,
        subsetsName: `${name}-dr`,
    };
}

/** Pods that no version has would lose their users. */
function untoldProblems(workloads: readonly Workload[], label: string): Problem[] {
    const untold = workloads.filter(({ labels }) => labels[label] === undefined);
    return untold.map(({ kind, namespace, name }) => {
        const value = workloads.length === 1 ? "v1" : name;
        return {
            at: `${kind} ${namespace}/${name}`,
            message: `its pods have no label ${label}, by which versions are told, so that nobody would reach them`,
            fix: `${labelPods(namespace, `${kind.toLowerCase()}/${name}`, label, value)}; or name the label that they have: --version-label LABEL`,
        };
    });
}

/** Names that can be subsets', each once: `1.25.0` is told by its label, and called `v1-25-0`. */
function namesOf(found: readonly VersionPods[]): string[] {
    const plain = found.map(({ value }) => (nameProblems("", value).length === 0 ? value : plainName(value)));
    return new Set(plain).size === plain.length ? plain : plain.map((_, index) => `v${index + 1}`);
}

/** Whole percents that sum to 100, as near as can be to shares: the largest remainders get what is left. */
export function wholeShares(shares: readonly number[]): number[] {
    const floors = shares.map(Math.floor);
    const left = 100 - floors.reduce((sum, one) => sum + one, 0);
    const order = shares
        .map((share, index) => ({ index, rest: share - Math.floor(share) }))
        .sort((one, other) => other.rest - one.rest || one.index - other.index)
        .slice(0, left)
        .map(({ index }) => index);
    return floors.map((one, index) => (order.includes(index) ? one + 1 : one));
}

function weightAt({ versions, weights }: SplitArgs, index: number): number {
    return weights[versions[index] ?? ""] ?? 0;
}

function askedOf({ host, namespace, name }: ServiceObject, args: SplitArgs, label: string) {
    const subsets = args.versions.map((version) => ({
        name: version,
        labels: { [label]: args.labelValues?.[version] ?? version },
    }));
    // Of a Service without pods it is asked whether anybody is there at all.
    const named = subsets.length > 0 ? subsets.map((one) => one.name) : [""];
    return {
        service: name,
        namespace,
        destinations: named.map((subset) => ({ host, subset })),
        subsets,
        isForMesh: true,
    };
}

function notesOf(found: readonly VersionPods[], rounded: readonly VersionPods[], { weights }: SplitArgs): string[] {
    const exact = found.map(({ value, served }) => `${value} ${served.toFixed(1)} %`).join(", ");
    return [
        ...(rounded.length > 0
            ? [`by its pods it serves ${exact} today, and weights are whole: the first update moves what is between`]
            : []),
        ...(Object.keys(weights).length === 1
            ? [
                  "it has one version: deploy the next one beside it, with another value of the label, and add it to `versions` with weight 0",
              ]
            : []),
    ];
}

function meshProblems(world: World): Problem[] {
    if (injectionIn(world) !== undefined) return [];
    return [
        {
            at: "the cluster",
            message: "has no Istio, whose proxies are what follows weights",
            fix: "istioctl install --set profile=minimal, or the component Istio of this package",
        },
    ];
}

/** Whose requests are led already has a split, or something else that must not be lost. */
function routedProblems(world: World, { host, namespace, name }: ServiceObject): Problem[] {
    return (reading(world).routesOf.get(host) ?? []).map((routes) => ({
        at: `Service ${namespace}/${name}`,
        message: `is led by VirtualService ${routes.id} already`,
        fix: `npx upshift adopt vs/${routes.id.slice(routes.namespace.length + 1)} -n ${routes.namespace}`,
    }));
}

function notThere(world: World, { namespace, name }: Wanted): Problem {
    const all = [...reading(world).services.values()];
    const here = all.filter((one) => one.namespace === namespace).map((one) => one.name);
    const elsewhere = all.find((one) => one.name === name);
    const near = elsewhere ?? all.find((one) => one.namespace === namespace && one.name === nearest(name, here));
    return {
        at: `Service ${namespace}/${name}`,
        message: `is not in the cluster; the namespace has ${here.length > 0 ? here.join(", ") : "none"}`,
        fix: near ? `--service ${near.name} -n ${near.namespace}` : "kubectl get services --all-namespaces",
    };
}

function nearest(name: string, names: readonly string[]): string | undefined {
    return names.length > 0 ? closest(name, [...names]) : undefined;
}
