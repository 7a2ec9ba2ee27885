import * as fs from "node:fs";
import { z } from "zod";
import { areDifferent, clusterInWords, forgetCommand, startCommand } from "../../cluster/appliedCluster";
import { projectRoot, stateDir } from "../../cluster/paths";
import type { Finding, Target } from "../../cluster/target";
import { targetOf } from "../../cluster/targets";
import { writeWhole } from "../../cluster/wholeFile.mjs";
import { clusterUidIfKnown } from "../../components/mesh/clusterUid";
import { stackName } from "../../components/mesh/ownership";
import { settingsOfFile } from "../config/file";
import { name as project } from "../../package.json";
import { applied, type Applied } from "../../rollout/applied";
import { isNamed } from "./elsewhere";
import { hasOwnBackend } from "../../rollout/env";
import { pulumi } from "../../rollout/pulumi";
import { breakStaleLock } from "../../rollout/repair";
import { importState, stackNames } from "../../rollout/stack";

const exported = z.looseObject({ deployment: z.looseObject({ resources: z.array(z.unknown()).default([]) }) });

/** What became of a stack whose cluster is gone. */
export interface Forgotten {
    readonly stack: string;
    /** How many resources its state had. */
    readonly resources: number;
    /** The file with the state as it was; secrets in it are encrypted. */
    readonly copy: string;
}

/**
 * Lets a stack's state forget all that it lists, because the cluster that it was on is gone. Stack, config and history stay, and so
 * does a copy of the state. No cluster is touched.
 */
export async function forgetState(stack: string): Promise<Forgotten> {
    await breakStaleLock(stack, () => undefined);
    const text = await pulumi(["stack", "export", "--stack", stack]);
    const state = exported.parse(JSON.parse(text));
    const { resources, ...deployment } = state.deployment;
    delete deployment.pending_operations;
    fs.mkdirSync(stateDir("forgotten"), { recursive: true, mode: 0o700 });
    const copy = stateDir("forgotten", `${stack}-${new Date().toISOString().replaceAll(":", "-")}.json`);
    writeWhole(copy, text);
    await importState(stack, { ...state, deployment: { ...deployment, resources: [] } });
    return { stack, resources: resources.length, copy };
}

/** The same in words, with the way back. */
export function forgottenInWords({ stack, resources, copy }: Forgotten): string {
    return `Stack ${stack} has forgotten ${resources} resources; its config stays. Its state as it was: pulumi stack import --stack ${stack} --file ${copy}`;
}

/** The stacks of this checkout whose state says that they are on a target's cluster. Those of a backend of the user's are not looked at. */
export async function stacksOn(target: Pick<Target, "name" | "cluster">): Promise<{ stack: string; count: number }[]> {
    if (hasOwnBackend(process.env) || !fs.existsSync(stateDir("pulumi", ".pulumi", "stacks"))) return [];
    const found = [];
    for (const stack of await stackNames()) {
        const { cluster, count } = await applied(stack);
        if (cluster && isNamed(cluster, target)) found.push({ stack, count });
    }
    return found;
}

/**
 * Why a stack's cluster may not be forgotten; undefined where it is gone.
 *
 * @param isSaidGone whether its user says so, where nobody else can.
 */
export async function whyNotGone(stack: string, state: Applied, isSaidGone: boolean): Promise<Finding | undefined> {
    const { cluster, access } = state;
    if (!cluster)
        return {
            what: `Stack ${stack} is applied on no cluster: there is nothing to forget.`,
            fix: `pulumi up --stack ${stack}`,
        };
    const words = clusterInWords(cluster);
    const uid = access && (await clusterUidIfKnown(access));
    const now = { ...cluster, uid };
    if (areDifferent(cluster, now)) return undefined;
    if (uid !== undefined && (cluster.uid !== undefined || (await hasAny(state))))
        return {
            what: `${sentence(words)} is there, with what stack ${stack} has made on it.`,
            fix: `pulumi destroy --stack ${stack}, which takes that away, or npx upshift cluster down --delete, which takes all`,
        };
    if (uid !== undefined || isSaidGone) return undefined;
    const { phase } = await targetNamed(stack, cluster).status();
    if (phase === "absent" && cluster.target !== "context") return undefined;
    // A cluster of another's by that name is not asked: it may be ours, of a checkout that has moved.
    return cluster.target === "context" || phase === "foreign"
        ? {
              what: `${phase === "foreign" ? "This checkout did not make" : "Nobody answers for"} ${words}, so that it can't be said whether it is gone.`,
              fix: `if you know that it is: ${forgetCommand(stack)} --gone`,
          }
        : { what: `${sentence(words)} is ${phase}, and not gone.`, fix: startCommand(cluster) };
}

/** Whether a cluster has any of the very objects that a state lists. */
async function hasAny({ uids, access }: Applied): Promise<boolean> {
    const { liveObjects } = await import("../../components/mesh/live");
    const live = access ? await liveObjects(access) : [];
    return live.some(({ metadata: { uid } }) => uid !== undefined && uids.has(uid));
}

function sentence(words: string): string {
    return words.charAt(0).toUpperCase() + words.slice(1);
}

function targetNamed(stack: string, { target, name }: NonNullable<Applied["cluster"]>): Target {
    const settings = settingsOfFile(project, stack, projectRoot());
    return targetOf(target, { ...settings, cluster: name, context: name }, stackName(project, stack));
}
