import { fullHost } from "./hosts";
import { once } from "./once";
import type { Destination } from "./rules";
import { bodiesAt, type Body, mapAt, numberAt, selects, textAt } from "./values";
import { weightOf, type VersionName, type Weights } from "../split/weights";

/** An object of Kubernetes, from wherever it was read. */
export interface Placed {
    /** The API group: `apps`; `core` for the nameless one. */
    readonly group: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    /** Its fields, as far as they are known: `spec` at least. */
    readonly body: Body;
    /** Pods that were ready when the object was last read. */
    readonly readyPods?: number;
}

const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

/** Whether an object makes pods that a Service may select. */
export function isWorkload(object: Placed): boolean {
    return object.group === "apps" && workloadKinds.includes(object.kind);
}

/** The labels of the pods that a workload makes. */
export function podLabels(workload: Placed): Record<string, string> {
    return mapAt(workload.body, "spec", "template", "metadata", "labels");
}

/** Pods that a workload is to have; what leaves it open counts as one, or as what was there last. */
export function replicasOf(workload: Placed): number {
    return numberAt(workload.body, "spec", "replicas") ?? Math.max(1, workload.readyPods ?? 1);
}

/** The version that a workload's pods are: their label, or the workload's own name. */
export function versionOf(workload: Placed): VersionName {
    return podLabels(workload).version ?? workload.name;
}

/** The Service of a full host name, among these objects. */
export function serviceAt<One extends Placed>(objects: readonly One[], host: string): One | undefined {
    return indexOf(objects).services.get(host);
}

/** The full name of a DestinationRule's host. */
export function ruleHost(rule: Placed): string {
    return fullHost(textAt(rule.body, "spec", "host") ?? "", rule.namespace);
}

/** The DestinationRules of a full host name. */
export function rulesFor<One extends Placed>(objects: readonly One[], host: string): One[] {
    return indexOf(objects).rules.get(host) ?? [];
}

/** The labels that a subset asks for; undefined where no DestinationRule has such a subset. */
export function subsetLabels(
    objects: readonly Placed[],
    { host, subset }: Pick<Destination, "host" | "subset">,
): Record<string, string> | undefined {
    const [found] = rulesFor(objects, host)
        .flatMap((rule) => bodiesAt(rule.body, "spec", "subsets"))
        .filter((one) => textAt(one, "name") === subset);
    return found && mapAt(found, "labels");
}

/** The workloads whose pods answer for a destination: those that its Service selects and its subset's labels fit. */
export function workloadsBehind<One extends Placed>(
    objects: readonly One[],
    destination: Pick<Destination, "host" | "subset">,
): One[] {
    const service = serviceAt(objects, destination.host);
    const labels = destination.subset === undefined ? {} : subsetLabels(objects, destination);
    if (!service || !labels) return [];
    const selector = { ...mapAt(service.body, "spec", "selector"), ...labels };
    const near = indexOf(objects).workloads.get(service.namespace) ?? [];
    return near.filter((object) => selects(selector, podLabels(object)));
}

/** How a Service without routes shares requests between versions: evenly over the pods. Undefined where there are none. */
export function sharesByPods(objects: readonly Placed[], host: string): Weights | undefined {
    const pods: Record<VersionName, number> = {};
    for (const workload of workloadsBehind(objects, { host }))
        pods[versionOf(workload)] = weightOf(pods, versionOf(workload)) + replicasOf(workload);
    const all = Object.values(pods).reduce((sum, count) => sum + count, 0);
    if (all === 0) return undefined;
    return Object.fromEntries(
        Object.entries(pods).map(([version, count]) => [version, Math.round((1000 * count) / all) / 10]),
    );
}

/** Objects by what they are looked up by. */
interface Index<One> {
    /** By full host name. */
    readonly services: ReadonlyMap<string, One>;
    /** DestinationRules by the full name of their host. */
    readonly rules: ReadonlyMap<string, One[]>;
    /** By namespace. */
    readonly workloads: ReadonlyMap<string, One[]>;
}

/** Made once for a list: to look through all objects for each of them takes time squared. */
const indexOf = once(makeIndex) as <One extends Placed>(objects: readonly One[]) => Index<One>;

function makeIndex<One extends Placed>(objects: readonly One[]): Index<One> {
    const services = new Map<string, One>();
    const rules = new Map<string, One[]>();
    const workloads = new Map<string, One[]>();
    for (const object of objects) {
        if (object.kind === "Service" && object.group === "core") {
            const host = fullHost(object.name, object.namespace);
            if (!services.has(host)) services.set(host, object);
        }
        if (object.kind === "DestinationRule") append(rules, ruleHost(object), object);
        if (isWorkload(object)) append(workloads, object.namespace, object);
    }
    return { services, rules, workloads };
}

function append<One>(lists: Map<string, One[]>, key: string, one: One): void {
    const list = lists.get(key);
    if (list) list.push(one);
    else lists.set(key, [one]);
}
