import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { eachObject, type Report, wholeStack } from "./read/check";
import { hostsOf, ruleHost } from "./read/hosts";
import { bodiesAt, type KubeObject, mapAt, selects, textAt } from "./read/object";
import {
    isWorkload,
    podLabels,
    replicasOf,
    rulesFor,
    serviceAt,
    subsetLabels,
    workloadsBehind,
} from "../components/traffic/world/pods";
import { once } from "../components/traffic/world/once";
import { hostOfService } from "./read/podsStep";
import type { Run } from "./read/run";
import { type Serving, servingIn } from "./read/serving";
import { noState } from "./read/step";

const name = "serving-version";
const kinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "DestinationRule", "Service", "VirtualService"];
const wayOut = "take its traffic away in a step before";

/**
 * A version that serves, by weight or by header, stays as it is: its pods are not removed, relabelled or scaled to 0, and its
 * subset keeps its labels. Serving is what is applied: the traffic has to be gone before the version goes.
 */
export const servingVersion: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description: "A version that serves, by weight or by header, is not removed, relabelled or scaled to 0.",
    severity: "critical",
    validateResource: eachObject(name, kinds, async (object, report, { run }) => {
        const applied = await appliedOr(run, object, report);
        if (!applied) return;
        const serving = servingOf(applied);
        const before = applied.find(({ urn }) => urn === object.urn || object.aliases.includes(urn));
        if (before && isWorkload(object)) keepsServing(before, object, applied, serving, run, report);
        if (object.kind === "DestinationRule") keepsSubsets(object, applied, serving, report);
        if (before && object.kind === "Service") keepsSelecting(before, object, serving, report);
        // Whatever a resource depends on is registered before it: if it was not, it is no more.
        const gone = (before?.dependencies ?? []).filter((urn) => !run.registered.has(urn));
        if (gone.length > 0) removed(serving, applied, (urn) => gone.includes(urn), run.objects(), report);
    }),
    validateStack: wholeStack(name, async (world, report, { run, urns }) => {
        // That the state can't be read has been said of each object.
        const applied = await run.applied().catch(() => undefined);
        if (!applied) return;
        removed(servingOf(applied), applied, (urn) => !urns.has(urn) && !run.registered.has(urn), world, report);
    }),
};

const servingOf = once(servingIn);

async function appliedOr(run: Run, object: KubeObject, report: Report): Promise<readonly KubeObject[] | undefined> {
    try {
        return await run.applied();
    } catch (error) {
        report(noState(object.name, error as Error).message);
        return undefined;
    }
}

function keepsServing(
    before: KubeObject,
    object: KubeObject,
    applied: readonly KubeObject[],
    serving: readonly Serving[],
    run: Run,
    report: Report,
): void {
    for (const one of serving.filter(({ workload }) => workload.urn === before.urn)) {
        const { title, serves, destination } = one;
        const pods = replicasOf(object);
        if (pods === 0 && replicasOf(before) > 0 && !othersServe(one, applied, run))
            report(
                `${title} ${serves} and is scaled ${replicasOf(before)} → 0; at least 1 pod while it serves: ${wayOut}`,
            );
        const wanted = { ...selectorOf(applied, destination.host), ...subsetLabels(applied, destination) };
        if (!selects(wanted, podLabels(object)))
            report(`${title} ${serves} and is relabelled: its pods lose ${lost(wanted, podLabels(object))}; ${wayOut}`);
        const replaced = replacedBy(before, object);
        if (replaced)
            report(
                `${title} ${serves} and is replaced, because its ${replaced} changes: its pods would all be gone for a while; ${wayOut}`,
            );
    }
}

/** Pods behind a Service without routes stand in for each other: how far is a question of the step's size. */
function othersServe({ isRouted, destination, workload }: Serving, applied: readonly KubeObject[], run: Run): boolean {
    if (isRouted) return false;
    const seen = run.objects();
    const world = [...seen, ...applied.filter(({ urn }) => !run.registered.has(urn))];
    return workloadsBehind(world, destination).some((other) => other.name !== workload.name && replicasOf(other) > 0);
}

/** What of an object can't be changed in place. */
function replacedBy(before: KubeObject, object: KubeObject): string | undefined {
    if (before.name !== "" && object.name !== "" && before.name !== object.name) return "name";
    if (before.namespace !== object.namespace) return "namespace";
    const [from, to] = [before, object].map((one) => mapAt(one.body, "spec", "selector", "matchLabels"));
    const isSame =
        JSON.stringify(Object.entries(from ?? {}).sort()) === JSON.stringify(Object.entries(to ?? {}).sort());
    return isSame ? undefined : "selector";
}

function keepsSubsets(
    rule: KubeObject,
    applied: readonly KubeObject[],
    serving: readonly Serving[],
    report: Report,
): void {
    const host = ruleHost(rule);
    if (rulesFor(applied, host).length === 0) return;
    const subsets = bodiesAt(rule.body, "spec", "subsets");
    const said = new Set<string>();
    for (const { title, serves, destination } of serving.filter((one) => one.destination.host === host)) {
        const { subset } = destination;
        if (subset === undefined || said.has(subset)) continue;
        said.add(subset);
        const now = subsets.find((one) => textAt(one, "name") === subset);
        const from = labelsInWords(subsetLabels(applied, destination) ?? {});
        const to = labelsInWords(mapAt(now, "labels"));
        if (!now) report(`${title} ${serves}, and its subset is removed from ${rule.name}; ${wayOut}`);
        else if (from !== to)
            report(
                `${title} ${serves}, and its subset is relabelled ${from} → ${to}; a subset's labels stay as they are: make a new subset and move the traffic there`,
            );
    }
}

function keepsSelecting(before: KubeObject, service: KubeObject, serving: readonly Serving[], report: Report): void {
    const selector = mapAt(service.body, "spec", "selector");
    for (const { title, serves, workload } of serving.filter(
        ({ isRouted, destination }) => isRouted && destination.host === hostOfService(before),
    ))
        if (!selects(selector, podLabels(workload)))
            report(
                `${title} ${serves}, and Service ${service.name} does not select it any more: it asks for ${labelsInWords(selector)}; ${wayOut}`,
            );
}

/** Says which versions are taken away while they serve. Where callers have nothing left to address, nobody is cut off by surprise. */
function removed(
    serving: readonly Serving[],
    applied: readonly KubeObject[],
    isGone: (urn: string) => boolean,
    world: readonly KubeObject[],
    report: (message: string, urn?: string) => void,
): void {
    const isAddressed = (host: string): boolean =>
        serviceAt(world, host) !== undefined ||
        world.some((one) => one.kind === "VirtualService" && hostsOf(one).includes(host));
    for (const { title, serves, workload, destination, host } of serving) {
        if (!isAddressed(host)) continue;
        if (isGone(workload.urn))
            report(`${title} ${serves}, and ${workload.kind} ${workload.name} is removed; ${wayOut}`);
        const holders = [...rulesFor(applied, destination.host), ...[serviceAt(applied, destination.host)]].filter(
            (one) => one !== undefined,
        );
        for (const holder of holders)
            if (isGone(holder.urn) && (destination.subset !== undefined || holder.kind === "Service"))
                report(
                    `${title} ${serves}, and ${holder.kind} ${holder.name}, by which it is reached, is removed; ${wayOut}`,
                );
    }
}

function selectorOf(applied: readonly KubeObject[], host: string): Record<string, string> {
    return mapAt(serviceAt(applied, host)?.body, "spec", "selector");
}

function lost(wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): string {
    return labelsInWords(
        Object.fromEntries(Object.entries(wanted).filter(([label, value]) => labels[label] !== value)),
    );
}

function labelsInWords(labels: Readonly<Record<string, string>>): string {
    const words = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    return words.sort().join(", ") || "no labels";
}
