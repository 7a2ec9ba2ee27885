import type { TargetName } from "./targetNames";
import type { Progress } from "./embedded/follow";
import { Refused } from "./refused";

export type { Progress } from "./embedded/follow";

/** What stands in the way, and the command or step that fixes it. */
export interface Finding {
    readonly what: string;
    readonly fix: string;
}

/** What will be done, in words for one screen. */
export interface TargetPlan {
    readonly where: readonly string[];
    readonly installs: readonly string[];
    /** What is not touched. */
    readonly leaves: readonly string[];
    readonly undo: readonly string[];
    /** Where the gateway will answer on this machine, without port, where that is known beforehand. */
    readonly gatewayHost?: string | undefined;
}

/** How the cluster of a target is. */
export interface TargetStatus {
    readonly target: TargetName;
    readonly name: string;
    /** `foreign`: there is one of the name, made by another; `unreachable`: it is there and does not answer. */
    readonly phase: "absent" | "foreign" | "stopped" | "unreachable" | "ready";
    /** Kubernetes' version, where it answers. */
    readonly version?: string | undefined;
    readonly kubeconfig?: string;
    readonly context?: string;
    /** Where the gateway answers on this machine, as `host:port`. */
    readonly gatewayAddress?: string | undefined;
    /** What else is to be said, such as why it does not answer. */
    readonly notes: readonly string[];
}

/** Ports on 127.0.0.1 that the user chose. */
export interface ChosenPorts {
    readonly api?: number | undefined;
    readonly https?: number | undefined;
    readonly http?: number | undefined;
}

/**
 * A place where a cluster is, or can be made. In the order of use: `check` and `plan` change nothing, and what `check`
 * finds stops `up` before anything is changed.
 */
export interface Target {
    readonly name: Exclude<TargetName, "auto">;
    /** What it is called there: the cluster's name, or the context's. */
    readonly cluster: string;
    /** The kubeconfig context of the cluster. */
    readonly context: string;
    /** Everything that stands in the way of `up`; empty when nothing does. */
    check(): Promise<Finding[]>;
    plan(): Promise<TargetPlan>;
    /** Makes or starts the cluster, or sees that it is there. */
    up(onProgress: (progress: Progress) => void): Promise<void>;
    /**
     * Stops the cluster, and with `delete` removes it.
     *
     * @returns whether there was anything to do
     * @throws when it was made by another
     */
    down(options: { delete?: boolean }, onProgress: (progress: Progress) => void): Promise<boolean>;
    status(): Promise<TargetStatus>;
    /** Brings the services' images to where the cluster finds them. */
    images(onProgress: (progress: Progress) => void): Promise<void>;
}

/** @throws with every finding */
export function refuse(target: Pick<Target, "name" | "cluster">, findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    throw new Refused({
        what: `Target ${target.name} (${target.cluster}) can't be used; nothing was changed.\n${explain(findings)}`,
    });
}

/** One message for all findings. */
export function explain(findings: readonly Finding[]): string {
    return findings.map(({ what, fix }) => `  - ${what}\n      fix: ${fix}`).join("\n");
}

/** Does something that takes a while, and tells how long it took. */
export async function timed<T>(
    title: string,
    onProgress: (progress: Progress) => void,
    work: () => Promise<T>,
): Promise<T> {
    const began = Date.now();
    onProgress({ kind: "begun", title });
    const result = await work();
    onProgress({ kind: "done", title, seconds: (Date.now() - began) / 1000 });
    return result;
}
