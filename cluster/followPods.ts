import { CoreV1Api, type V1Pod, type V1Service } from "@kubernetes/client-node";
import { setTimeout as sleep } from "node:timers/promises";
import { kubeConfigOf } from "../components/mesh/client";
import { shellWord } from "../components/shellWord";
import { latePods, type LatePod } from "./pods";
import type { Progress } from "./target";

/** Milliseconds after the cluster's start in which pods that were there must be ready again; and between two lines of progress. */
const defaults = { timeoutMs: 180_000, tellEvery: 10_000 };

/** A cluster that was started again, and what was in it. */
export interface Restarted {
    readonly cluster: string;
    readonly kubeconfig: string;
    readonly context: string;
    /** When it was started, in milliseconds since the epoch. */
    readonly began: number;
    /** The pods that were ready before, as `namespace/name`. */
    readonly pods: readonly string[];
    /** What else must be so once the pods are back. Default: nothing. */
    readonly more?: (services: V1Service[], pods: V1Pod[]) => Promise<LatePod[]>;
}

/**
 * Waits until the pods that were ready before a cluster was stopped are ready again.
 *
 * That a pod does not come back is no failure of the cluster, and the next `pulumi up` may be what mends it: after three
 * minutes this says which, and why, and goes on. A cluster that has run for longer is only looked at.
 */
export async function followPods(
    restarted: Restarted,
    onProgress: (progress: Progress) => void,
    { timeoutMs, tellEvery } = defaults,
): Promise<void> {
    const { began, pods } = restarted;
    if (pods.length === 0) return;
    const api = clientOf(restarted);
    const title = `${pods.length} pods that were there`;
    const asked = Date.now();
    for (let told = asked, begun = false; ;) {
        const late = await lateNow(api, restarted);
        if (late.length === 0) {
            if (begun) onProgress({ kind: "done", title, seconds: (Date.now() - asked) / 1000 });
            return;
        }
        if (Date.now() > began + timeoutMs) {
            onProgress({ kind: "note", text: tooLate(restarted, late) });
            return;
        }
        if (!begun) onProgress({ kind: "begun", title });
        begun = true;
        if (Date.now() > told + tellEvery) {
            told = Date.now();
            onProgress({ kind: "note", text: `Not ready again yet: ${late.map(described).join("; ")}` });
        }
        await sleep(500);
    }
}

async function lateNow(api: CoreV1Api, { pods: expected, began, more }: Restarted): Promise<LatePod[]> {
    try {
        const options = { middleware: [], signal: AbortSignal.timeout(5000) } as object;
        const [{ items: pods }, { items: services }] = await Promise.all([
            api.listPodForAllNamespaces({}, options),
            api.listServiceForAllNamespaces({}, options),
        ]);
        const late = latePods(expected, pods, began);
        return late.length > 0 || !more ? late : await more(services, pods);
    } catch (error) {
        return [{ pod: "the API server", why: (error as Error).message }];
    }
}

function tooLate({ cluster, kubeconfig, context, began }: Restarted, late: readonly LatePod[]): string {
    const list = late.map((one) => `\n    ${described(one)}`).join("");
    const seconds = Math.round((Date.now() - began) / 1000);
    return (
        `The cluster ${cluster} runs, and of the pods that were ready before it was stopped, these are not, ${seconds} s after its start:${list}\n` +
        `  fix: see what they say: ${describeCommand(kubeconfig, context, late[0]?.pod)}`
    );
}

const described = ({ pod, why }: LatePod): string => `${pod}: ${why}`;

/** The command that shows what Kubernetes knows of a pod. @param pod as `namespace/name`; all pods where it is none */
export function describeCommand(kubeconfig: string, context: string, pod = ""): string {
    const [namespace, name] = pod.split("/");
    const what = name === undefined ? "get pods --all-namespaces" : `describe pod --namespace ${namespace} ${name}`;
    return `kubectl --kubeconfig ${shellWord(kubeconfig)} --context ${shellWord(context)} ${what}`;
}

function clientOf({ kubeconfig, context }: Restarted): CoreV1Api {
    return kubeConfigOf({ kubeconfig, context }).makeApiClient(CoreV1Api);
}
