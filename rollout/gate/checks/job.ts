import type { V1Job } from "@kubernetes/client-node/dist/gen/models/V1Job.js";
import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import {
    ObjectBatchV1Api as BatchV1Api,
    ObjectCoreV1Api as CoreV1Api,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import { z } from "zod";
import { type ClusterAccess, kubeConfigOf } from "../../../components/mesh/client";
import type { About, Answer, Asker } from "./check";
import { jobFor, jobName, type JobManifest } from "./jobManifest";
import { lastLines, oneLine } from "./words";
import { within } from "../../../components/within";
import { jsonOf } from "../../json";

/** What a Job of a step needs to be made. */
export interface JobArgs {
    /** The check's name. */
    readonly check: string;
    readonly manifest: JobManifest;
    readonly timeoutSeconds: number;
    /** The cluster that the stack's routes are in. */
    readonly access: () => Promise<ClusterAccess>;
    /** Whether Jobs of a release before this one are nothing to go by: it starts anew after it was aborted. */
    readonly isAnew: boolean;
}

/** Lines of a pod's log that are read. */
const tailLines = 20;

/** How long an API server may take: nobody looks at users between two steps. */
const answerSeconds = 30;

/**
 * Runs a Job in the cluster, one for each step. It is found again by its name, so that a driver that is started anew goes on with the
 * Job that it has made. One that had failed before this driver first asked is made anew: somebody has started it again since.
 */
export class JobCheck implements Asker {
    private apis: Promise<{ readonly jobs: BatchV1Api; readonly pods: CoreV1Api }> | undefined;
    /** Jobs that are this driver's to judge, by name. */
    private readonly known = new Set<string>();

    constructor(private readonly args: JobArgs) {}

    async ask(about: About): Promise<Answer> {
        try {
            return await within(answerSeconds, this.look(about));
        } catch (error) {
            throw new Error(`the Job of ${this.args.check} can't be asked: ${apiWords(error)}`, { cause: error });
        }
    }

    private async look(about: About): Promise<Answer> {
        const { check, manifest, timeoutSeconds } = this.args;
        const { jobs } = await this.clients();
        const { namespace } = about;
        const name = jobName(manifest, check, about);
        const found = await orNothing(jobs.readNamespacedJob({ name, namespace }));
        if (found?.metadata?.deletionTimestamp) return waits(`${name} of an earlier release is still being deleted`);
        if (found && !this.known.has(name) && this.isOld(found)) {
            await this.remove(name, namespace);
            return waits(`${name} of an earlier release is made anew`);
        }
        const job =
            found ??
            (await jobs.createNamespacedJob({ namespace, body: jobFor(manifest, check, about, timeoutSeconds) }));
        this.known.add(name);
        return this.judged(job);
    }

    async passed(about: About): Promise<void> {
        const { check, manifest } = this.args;
        await within(answerSeconds, this.remove(jobName(manifest, check, about), about.namespace));
    }

    private isOld(job: V1Job): boolean {
        return this.args.isAnew || conditionOf(job, "Failed") !== undefined;
    }

    private async judged(job: V1Job): Promise<Answer> {
        const { name = "" } = job.metadata ?? {};
        const failed = conditionOf(job, "Failed");
        if (!failed && conditionOf(job, "Complete")) return { verdict: "pass", evidence: `${name} is complete` };
        const said = await this.saidBy(job).catch((error: unknown) => `no log: ${apiWords(error)}`);
        if (!failed) return waits(`${name} runs${said === "" ? "" : `: ${said}`}`);
        const { reason = "Failed", message } = failed;
        // That it took too long says no more of the version than a program that hangs does.
        const verdict = reason === "DeadlineExceeded" ? "inconclusive" : "fail";
        return { verdict, evidence: `${name}: ${oneLine(message ?? reason)}${said === "" ? "" : `\n${said}`}` };
    }

    /** The last lines of its last pod's log, or why that has none. */
    private async saidBy({ metadata, spec }: V1Job): Promise<string> {
        const { pods } = await this.clients();
        const { name = "", namespace = "" } = metadata ?? {};
        const { items } = await pods.listNamespacedPod({ namespace, labelSelector: `job-name=${name}` });
        const [last] = items.sort((one, other) => createdAt(other) - createdAt(one));
        if (!last) return "";
        const container = spec?.template.spec?.containers[0]?.name ?? "";
        const state = last.status?.containerStatuses?.find((one) => one.name === container)?.state;
        if (!state || state.waiting)
            return oneLine(state?.waiting?.message ?? state?.waiting?.reason ?? last.status?.message ?? "");
        const pod = { name: last.metadata?.name ?? "", namespace };
        return lastLines(await pods.readNamespacedPodLog({ ...pod, container, tailLines }));
    }

    private async remove(name: string, namespace: string): Promise<void> {
        const { jobs } = await this.clients();
        // With its pods, which go after it.
        await orNothing(jobs.deleteNamespacedJob({ name, namespace, propagationPolicy: "Background" }));
    }

    private clients(): Promise<{ readonly jobs: BatchV1Api; readonly pods: CoreV1Api }> {
        return (this.apis ??= this.args.access().then(
            (access) => {
                const config = kubeConfigOf(access);
                return { jobs: config.makeApiClient(BatchV1Api), pods: config.makeApiClient(CoreV1Api) };
            },
            (error: Error) => {
                // It may be there at the next look.
                this.apis = undefined;
                throw error;
            },
        ));
    }
}

function waits(evidence: string): Answer {
    return { verdict: "inconclusive", evidence };
}

function conditionOf(
    { status }: V1Job,
    type: "Complete" | "Failed",
): { reason?: string; message?: string } | undefined {
    return status?.conditions?.find((one) => one.type === type && one.status === "True");
}

function createdAt({ metadata }: V1Pod): number {
    return new Date(metadata?.creationTimestamp ?? 0).getTime();
}

/** @returns undefined where there is no such object. */
async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
        return await asked;
    } catch (error) {
        if ((error as { code?: unknown }).code === 404) return undefined;
        throw error;
    }
}

/** What the API server says in its answer, which the client wraps into its headers and its body. */
function apiWords(error: unknown): string {
    const { body, message } = error as { body?: unknown; message?: string };
    const { data } = statusOf.safeParse(typeof body === "string" ? jsonOf(body) : body);
    return oneLine(data?.message ?? message ?? String(error));
}

const statusOf = z.object({ message: z.string() });
