import type { V1Pod } from "@kubernetes/client-node";
import {
    ObjectBatchV1Api as BatchV1Api,
    ObjectCoreV1Api as CoreV1Api,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import * as crypto from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { type ClusterAccess, kubeConfigOf } from "../../components/mesh/client";
import { hasProxy } from "../../components/mesh/convergence";
import { ProxyAdmin } from "../../components/mesh/proxies/admin";
import { type Counter, countersIn, statsPath } from "../graph/counters";
import { callerJob, lastLine, secondsFor, type Sending } from "./job";
import { UserError } from "../../components/userError";
import { within } from "../../components/within";

/** What became of a caller's requests. */
export interface Sent {
    /** How many got which HTTP status; `000` without an answer. */
    readonly statuses: Readonly<Record<string, number>>;
    /** Where its proxy has sent them. */
    readonly counters: readonly Counter[];
}

/** How often the pod is looked at, in milliseconds. */
const everyMs = 500;
/** How long a pod may take until it runs, in milliseconds. */
const startMs = 120_000;

/**
 * Sends requests from a pod of its own in the mesh, and takes that away again, also when the command is interrupted.
 *
 * @param sending whose image is the mesh's own proxy's, unless another is given: that one every node has.
 * @throws when the pod can't be made, does not start or has no proxy, with the way out.
 */
export async function sendInMesh(
    access: ClusterAccess,
    sending: Omit<Sending, "image" | "pullSecrets">,
    image?: string,
): Promise<Sent> {
    const config = kubeConfigOf(access);
    const jobs = config.makeApiClient(BatchV1Api);
    const pods = config.makeApiClient(CoreV1Api);
    const { namespace } = sending;
    const name = `upshift-verify-${crypto.randomBytes(3).toString("hex")}`;
    const own = image === undefined ? await proxyImage(pods, namespace) : { image, pullSecrets: [] };
    const remove = async (): Promise<void> => {
        const gone = { name, namespace, propagationPolicy: "Background", gracePeriodSeconds: 0 };
        await jobs.deleteNamespacedJob(gone).catch(() => undefined);
    };
    const interrupted = (signal: NodeJS.Signals): void => {
        void remove().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
    };
    process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
    try {
        await jobs.createNamespacedJob({ namespace, body: callerJob(name, { ...sending, ...own }) });
        const pod = await started(pods, namespace, name);
        const lines = await said(pods, pod, secondsFor(sending));
        return { statuses: countsOf(lines), counters: await countersOf(config, pod) };
    } finally {
        process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
        await remove();
    }
}

/** The image of the sidecars of a namespace, or of the mesh: it is on the nodes already, and needs no registry. */
async function proxyImage(pods: CoreV1Api, namespace: string): Promise<Pick<Sending, "image" | "pullSecrets">> {
    const near = await pods.listNamespacedPod({ namespace });
    const [first] = near.items.filter(hasProxy);
    const { spec } = first ?? {};
    const proxy = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find(
        (one) => one.name === "istio-proxy",
    );
    if (!proxy?.image)
        throw new UserError({
            what: `No pod in namespace ${namespace} has the mesh's proxy, so that no caller there would go by its routes.`,
            fix: `kubectl label namespace ${namespace} istio-injection=enabled, or call from another: --from NAMESPACE/ACCOUNT`,
        });
    return { image: proxy.image, pullSecrets: spec?.imagePullSecrets ?? [] };
}

/** Waits until the caller runs beside its proxy. */
async function started(pods: CoreV1Api, namespace: string, job: string): Promise<V1Pod> {
    const deadline = Date.now() + startMs;
    for (;;) {
        const { items } = await pods.listNamespacedPod({ namespace, labelSelector: `job-name=${job}` });
        const [pod] = items;
        const why = pod && whyNot(pod);
        if (why !== undefined) throw new Error(why);
        const caller = pod?.status?.containerStatuses?.find((one) => one.name === "caller");
        if (pod && (caller?.state?.running || caller?.state?.terminated)) return pod;
        if (Date.now() > deadline)
            throw new UserError({
                what: `The caller's pod did not start in ${startMs / 1000} s.`,
                fix: `kubectl -n ${namespace} get events --field-selector reason!=Scheduled`,
            });
        await after(everyMs);
    }
}

/** What keeps a caller from ever running; undefined while nothing does. */
export function whyNot({ spec, status }: Pick<V1Pod, "spec" | "status">): string | undefined {
    const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
    if (!all.some(({ name }) => name === "istio-proxy"))
        return "The caller's pod got no proxy: its namespace is not in the mesh.\n  fix: label it istio-injection=enabled, or call from another: --from NAMESPACE/ACCOUNT";
    const caller = status?.containerStatuses?.find(({ name }) => name === "caller");
    const { waiting, terminated } = caller?.state ?? {};
    const image = spec?.containers.find(({ name }) => name === "caller")?.image;
    const other = "take one that has a shell and curl or wget, and that this cluster can pull: --image curlimages/curl";
    if (waiting && /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)$/.test(waiting.reason ?? ""))
        return `The image ${image} of the caller can't be had: ${waiting.message ?? waiting.reason}\n  fix: ${other}`;
    const broken = [waiting, terminated].find((state) =>
        /^(StartError|RunContainerError|CreateContainerError|ContainerCannotRun)$/.test(state?.reason ?? ""),
    );
    if (broken)
        return `The image ${image} of the caller does not start: ${broken.message ?? broken.reason}\n  fix: ${other}`;
    return undefined;
}

/** All that the caller says, once it has said all. */
async function said(pods: CoreV1Api, pod: V1Pod, seconds: number): Promise<string[]> {
    const { name = "", namespace = "" } = pod.metadata ?? {};
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const log = await within(30, pods.readNamespacedPodLog({ name, namespace, container: "caller" }));
        const lines = log.split("\n").filter((line) => line !== "");
        if (lines.at(-1) === lastLine) return lines.slice(0, -1);
        const refused = lines.find((line) => line.startsWith("no "));
        if (refused)
            throw new UserError({
                what: `The caller's image can't send such a request: ${refused}.`,
                fix: "--image curlimages/curl, or another that has curl",
            });
        if (Date.now() > deadline)
            throw new UserError({
                what: `Only ${lines.filter(isStatus).length} requests were answered in ${seconds} s.`,
                fix: `ask for fewer: --requests ${Math.max(1, lines.filter(isStatus).length)}`,
            });
        await after(everyMs);
    }
}

function countsOf(lines: readonly string[]): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const line of lines.filter(isStatus)) counts[line] = (counts[line] ?? 0) + 1;
    return counts;
}

/** What else an image's programs have to say is none. */
function isStatus(line: string): boolean {
    return /^\d{3}$/.test(line);
}

async function countersOf(config: ReturnType<typeof kubeConfigOf>, { metadata }: V1Pod): Promise<Counter[]> {
    const admin = new ProxyAdmin(config, { namespace: metadata?.namespace ?? "", pod: metadata?.name ?? "" });
    try {
        return countersIn(await admin.get(statsPath));
    } finally {
        admin.close();
    }
}
