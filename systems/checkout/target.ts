import { name as project } from "../../package.json";
import { checkName } from "../../cluster/clusterName";
import { notAllowed } from "../../cluster/choose";
import { projectRoot, stateDir } from "../../cluster/paths";
import { thisMachine } from "../../cluster/setup/machine.mjs";
import { chooseTarget, existingTargets } from "../../cluster/setup/target.mjs";
import type { ChosenPorts, Finding, Target } from "../../cluster/target";
import { targetOf } from "../../cluster/targets";
import { stackName } from "../../components/mesh/ownership";
import { settingsOfFile } from "../config/file";
import { hostsOf } from "./hosts";

/** What the user may say of where to run. */
export interface TargetOptions {
    /** `--target`; else UPSHIFT_TARGET, else the stack's config, else what is there. */
    readonly target?: string | undefined;
    /** `--name`; else the stack's config. */
    readonly name?: string;
    readonly ports?: ChosenPorts;
    /** Whether a MySQL database shall run beside the embedded cluster. */
    readonly database?: boolean | undefined;
}

/** A target, and why it is this one. */
export interface ChosenTarget {
    readonly target: Target;
    readonly why: string;
    /** What the stack's config has against it. */
    readonly refused: readonly Finding[];
    /** The host names under which the stack is served. */
    readonly hosts: readonly string[];
}

/**
 * Where a stack is to run.
 *
 * @throws when its config has problems, its cluster can't have its name, or nothing here can run a cluster
 */
export function targetOfStack(stack: string, { target: flag, name, ports, database }: TargetOptions): ChosenTarget {
    const settings = settingsOfFile(project, stack, projectRoot());
    const cluster = name ?? settings.cluster;
    checkName(cluster);
    const { UPSHIFT_TARGET: variable } = process.env;
    const existing = existingTargets(stateDir(), cluster);
    const choice = chooseTarget({ flag, variable, config: settings.target, existing }, thisMachine());
    const label = stackName(project, stack);
    return {
        target: targetOf(choice.target, { ...settings, cluster }, label, ports, database),
        why: choice.why,
        refused: notAllowed(settings, choice.target, label),
        hosts: hostsOf(settings),
    };
}

/** Everything that stands in the way of a target: the stack's own word, and what the target finds. */
export async function findingsOf({ target, refused }: ChosenTarget): Promise<Finding[]> {
    return [...refused, ...(await target.check())];
}
