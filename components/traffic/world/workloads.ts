import { canonical, otherPods, type Placed } from "./objects";
import { once } from "./once";
import {
    type Body,
    bodiesAt,
    bodyAt,
    encrypted,
    holds,
    isBody,
    mapAt,
    numberAt,
    selects,
    textAt,
    unknown,
    type Value,
    valueAt,
} from "./values";

/** A Deployment or the like, as far as it says what runs. */
export interface Workload {
    /** `namespace/name`. */
    readonly id: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    /** The labels of its pods. */
    readonly labels: Readonly<Record<string, string>>;
    /** Pods by which it takes its share: those that are ready where that is known, else those that it shall have. */
    readonly pods: number;
    /** Pods that it shall have, where its object says it. */
    readonly wanted?: number;
    /** Pods that are ready, where that is known. */
    readonly ready?: number;
    /** What its pods run, in one text: equal for equal templates. */
    readonly template: string;
    /** The numbers of its pods' ports, by their names, and by themselves as texts; undefined where they can't be read. */
    readonly ports?: Readonly<Record<string, number>> | undefined;
}

/** The annotation of a workload whose number of pods is set by others: an autoscaler, or somebody with `kubectl scale`. */
export const scaledElsewhere = "upshift.dev/scaled-elsewhere";

const kinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

/** Whether an object makes pods that a Service may select, or is some that others have made. */
export function isWorkload({ group, kind }: Pick<Placed, "group" | "kind">): boolean {
    return (group === "apps" && kinds.includes(kind)) || (group === "core" && kind === otherPods);
}

/** The labels of the pods that a workload makes. */
export function podLabels(workload: Pick<Placed, "body">): Record<string, string> {
    return mapAt(workload.body, "spec", "template", "metadata", "labels");
}

/** Pods that a workload is to have; what leaves it open counts as one, or as what was there last. */
export function replicasOf({ body, readyPods }: Pick<Placed, "body" | "readyPods">): number {
    return numberAt(body, "spec", "replicas") ?? Math.max(1, readyPods ?? 1);
}

/**
 * The number of pods that an object asks for; undefined where it leaves that open. A state keeps a number that was live once also
 * where others set it.
 */
export function replicasAsked(object: Pick<Placed, "body">): number | undefined {
    return isScaledElsewhere(object) ? undefined : numberAt(object.body, "spec", "replicas");
}

function isScaledElsewhere({ body }: Pick<Placed, "body">): boolean {
    return textAt(body, "metadata", "annotations", scaledElsewhere) === "true";
}

/**
 * The number of pods of an object that leaves it open, by what was there: what others have set stays. What its own program asked for
 * and does no more is nobody's then, and the API server makes it one.
 */
export function replicasLeft(old: Placed, next: Placed): number | undefined {
    const wanted = numberAt(old.body, "spec", "replicas");
    const wasAsked = old.urn !== undefined && !old.isScaledByOthers && !isScaledElsewhere(old);
    return wanted !== undefined && wasAsked && !isScaledElsewhere(next) ? 1 : wanted;
}

/** The version that a workload's pods are: their label, or the workload's own name. */
export function versionOfPods({ labels, name }: Pick<Workload, "labels" | "name">): string {
    return labels.version ?? labels["app.kubernetes.io/version"] ?? name;
}

/** Pods that are ready, as the status of any kind of workload counts them; undefined where it says nothing. */
export function readyIn(body: Value): number | undefined {
    return numberAt(body, "status", "readyReplicas") ?? numberAt(body, "status", "numberReady");
}

/** Reads a workload. */
export const workloadOf = once((object: Placed): Workload => {
    const { kind, namespace, name, body, readyPods } = object;
    // The API server leaves out a count of 0.
    const counted = isBody(body.status) ? (readyIn(body) ?? 0) : undefined;
    const ready = readyPods ?? counted;
    const ports = portsOf(body);
    // A DaemonSet has a pod on each node that takes one, and says in its status how many those are.
    const wanted = numberAt(body, "spec", "replicas") ?? numberAt(body, "status", "desiredNumberScheduled");
    return {
        id: `${namespace}/${name}`,
        kind,
        namespace,
        name,
        labels: podLabels(object),
        // While none is ready, requests are still meant for the pods that will be.
        pods: ready || (wanted ?? 1),
        ...(wanted !== undefined && { wanted }),
        ...(ready !== undefined && { ready }),
        template: templateOf(body),
        ...(ports && { ports }),
    };
});

function portsOf(body: Body): Workload["ports"] {
    const pod = ["spec", "template", "spec"] as const;
    const around: Value[] = pod.map((_, depth) => valueAt(body, ...pod.slice(0, depth + 1)));
    const lists = ["containers", "initContainers"].map((list) => valueAt(body, ...pod, list));
    const ports = lists.flatMap((list) =>
        Array.isArray(list) ? list.map((one) => (isBody(one) ? one.ports : one)) : list,
    );
    const isHidden = ([unknown, encrypted] as const).some((sign) => around.includes(sign) || holds(ports, sign));
    return isHidden
        ? undefined
        : Object.fromEntries(ports.flatMap((some) => bodiesAt(some).flatMap(entriesOf)).reverse());
}

/** A port by its number, and by its name where it has one. Of two of one name the first counts. */
function entriesOf(port: Body): [string, number][] {
    const [name, number] = [textAt(port, "name"), numberAt(port, "containerPort")];
    if (number === undefined) return [];
    return [[String(number), number], ...(name === undefined ? [] : [[name, number] as [string, number]])];
}

/** The number of the port at which pods take what is sent to one that is named or numbered; undefined where they have none of that name. */
export function portOfPods({ ports }: Pick<Workload, "ports">, target: number | string): number | undefined {
    return typeof target === "number" ? target : ports?.[target];
}

/** What a workload's pods run, in one form. */
function templateOf(body: Body): string {
    return canonical(codeOf(bodyAt(body, "spec", "template")));
}

/**
 * A pod template without what is no code of the service: when its pods were restarted, and whether the mesh's proxy starts before
 * them. What else is said of the proxy may take it away, or what it does: that is other code.
 */
export function codeOf(template: Body): Body {
    const { metadata, ...rest } = template;
    const { annotations, ...names } = isBody(metadata) ? metadata : {};
    const kept = isBody(annotations)
        ? Object.fromEntries(Object.entries(annotations).filter(([name]) => !besideTheCode.includes(name)))
        : {};
    return { ...rest, metadata: { ...names, annotations: kept } };
}

const besideTheCode = ["kubectl.kubernetes.io/restartedAt", "sidecar.istio.io/nativeSidecar"];

/** Whether labels carry all that a workload's pods are found by. */
export function isSelected(selector: Readonly<Record<string, string>>, { labels }: Workload): boolean {
    return selects(selector, labels);
}

/**
 * Whether an object of a cluster is still as it was applied: it has every field that was asked for, and may have more, since the
 * API server fills in what was left open. It leaves out what is empty, and writes quantities in a form of its own: `1000m` as `1`.
 * What the state has only encrypted can't be compared, and counts as it is.
 */
export function holdsAll(live: Value, asked: Value): boolean {
    if (asked === undefined || asked === null || asked === encrypted) return true;
    if (live === undefined || live === null) return isEmpty(asked);
    if (Array.isArray(asked))
        return (
            Array.isArray(live) &&
            live.length === asked.length &&
            asked.every((one, index) => holdsAll(live[index], one))
        );
    if (isBody(asked)) return isBody(live) && Object.entries(asked).every(([field, one]) => holdsAll(live[field], one));
    if (typeof live === "object") return false;
    return String(live) === String(asked) || isSameQuantity(String(live), String(asked));
}

/** Whether a value is what Kubernetes leaves out: no, none, nothing in it. */
function isEmpty(value: Value): boolean {
    if (Array.isArray(value)) return value.length === 0;
    if (isBody(value)) return Object.values(value).every((one) => one === undefined || one === null);
    return value === false || value === 0 || value === "";
}

const suffixes: Readonly<Record<string, number>> = {
    ...{ n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
    ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

function isSameQuantity(one: string, other: string): boolean {
    const [first, second] = [one, other].map((text) => {
        const [, number, suffix = ""] = /^(\d+(?:\.\d+)?(?:e\d+)?)([numkKMGTPE]i?)?$/.exec(text) ?? [];
        const factor = suffixes[suffix];
        return number === undefined || factor === undefined ? undefined : Number(number) * factor;
    });
    return first !== undefined && second !== undefined && Math.abs(first - second) <= 1e-9 * first;
}
