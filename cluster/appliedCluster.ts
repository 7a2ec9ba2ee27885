import { targetNames } from "./targetNames";
import type { Finding, Target } from "./target";
import { infoCommand } from "../components/mesh/unreachable";
import { UserError } from "../components/userError";

/** The type of the resource by which a stack's state says where it is applied. */
export const appliedClusterType = "upshift:index:AppliedCluster";

/** A cluster, as a stack's state has it: without a path of this machine and without a secret. */
export interface AppliedCluster {
    readonly target: Target["name"];
    /** What it is called there: the cluster's name, or the context's. */
    readonly name: string;
    /** What tells it from a later one of the same name; not known where it did not say it. */
    readonly uid?: string | undefined;
}

/** The cluster of such a resource's inputs or outputs; undefined where they are none. */
export function appliedClusterIn(fields: unknown): AppliedCluster | undefined {
    const { target, name, uid } = (fields ?? {}) as Readonly<Record<string, unknown>>;
    const known = targetNames.find((one) => one === target);
    if (known === undefined || typeof name !== "string") return undefined;
    if (uid !== undefined && typeof uid !== "string") return undefined;
    return { target: known, name, ...(uid !== undefined && { uid }) };
}

/** Whether it is known that they are two clusters. */
export function areDifferent(applied: AppliedCluster, now: AppliedCluster): boolean {
    return applied.uid !== undefined && now.uid !== undefined && applied.uid !== now.uid;
}

/** `the embedded cluster upshift (1b2c3d4e)`. */
export function clusterInWords({ target, name, uid }: AppliedCluster): string {
    const what = target === "context" ? `the cluster of context ${name}` : `the ${target} cluster ${name}`;
    return uid === undefined ? what : `${what} (${uid.slice(0, 8)})`;
}

/** What is wrong where a stack is applied on another cluster than the one at hand, and the way on. */
export function otherCluster(stack: string, applied: AppliedCluster, now: AppliedCluster): Finding {
    const isSameName = applied.target === now.target && applied.name === now.name;
    const isGone = isSameName && applied.target !== "context";
    const what =
        `Stack ${stack} is applied on ${clusterInWords(applied)}; this is another one: ${clusterInWords(now)}.` +
        (isGone ? " The first is gone: a machine has one of a name." : "");
    return { what, fix: isSameName ? forgetCommand(stack) : `${backCommand(stack, applied)}; ${ifGone(stack)}` };
}

/** The same where the two are known to be different; undefined otherwise. */
export function whyOther(stack: string, applied: AppliedCluster, now: AppliedCluster): Finding | undefined {
    return areDifferent(applied, now) ? otherCluster(stack, applied, now) : undefined;
}

/** @throws where a stack is known to be applied on another cluster: nothing of its state is to be compared with this one. */
export function refuseOther(stack: string, applied: AppliedCluster, now: AppliedCluster): void {
    const other = whyOther(stack, applied, now);
    if (other) throw new UserError(other);
}

/** What is wrong where a stack is applied on a cluster that is not there any more, and the way on. */
export function goneCluster(stack: string, applied: AppliedCluster): Finding {
    return {
        what: `Stack ${stack} is applied on ${clusterInWords(applied)}, which is gone: nothing of what its state lists is there any more.`,
        fix: forgetCommand(stack),
    };
}

/** The command that lets a stack forget a cluster that is gone. */
export function forgetCommand(stack: string): string {
    return `npx upshift cluster forget --stack ${stack}`;
}

/** The command that starts a cluster that does not answer; of one that is not ours, the one that shows what is wrong with it. */
export function startCommand({ target, name }: AppliedCluster, kubeconfig?: string): string {
    if (target !== "context") return `npx upshift cluster up --target ${target} --name ${name}`;
    return infoCommand(name, kubeconfig);
}

function backCommand(stack: string, { target, name }: AppliedCluster): string {
    const key = target === "context" ? "context" : "cluster";
    return `pulumi config set-all --stack ${stack} --plaintext target=${target} --plaintext ${key}=${name} to go back to it`;
}

function ifGone(stack: string): string {
    return `if it is gone: ${forgetCommand(stack)}`;
}
