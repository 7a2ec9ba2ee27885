// @ts-check
/** Where to run when the user leaves that open. Plain JavaScript without dependencies: the bootstrap asks before anything is installed. */

import * as fs from "node:fs";
import * as path from "node:path";

/** @typedef {import("./machine.mjs").Machine} Machine */
/** @typedef {"k3d" | "minikube" | "context" | "embedded"} Target */
/** @typedef {{ target: Target, why: string }} Choice */
/** @typedef {import("./requirements.mjs").Missing} Missing */

/**
 * @typedef {object} Wishes
 * @property {string | undefined} [flag] of `--target`
 * @property {string | undefined} [variable] of `UPSHIFT_TARGET`
 * @property {string | undefined} [config] `target` of the stack's config
 * @property {readonly Target[]} existing targets on which a cluster of this checkout is there already
 */

/** @type {readonly Target[]} */
export const targets = ["k3d", "minikube", "context", "embedded"];

/**
 * Chooses a target: what the user says, else where this checkout's cluster is already, else the first that this machine
 * can run. Never a context: that a cluster can be reached is no reason to change it.
 *
 * @param {Wishes} wishes
 * @param {Pick<Machine, "platform" | "ask" | "isOnPath">} machine
 * @returns {Choice}
 * @throws when there is no such target, or the machine can run none; the message says what each lacks
 */
export function chooseTarget(wishes, machine) {
    return chosen(wishes) ?? there(wishes.existing) ?? possible(machine);
}

/** @param {Wishes} wishes @returns {Choice | undefined} */
function chosen({ flag, variable, config }) {
    /** @type {[string | undefined, string][]} */
    const says = [
        [flag, "--target says so"],
        [variable, "UPSHIFT_TARGET says so"],
        [config, "the stack's config says so (target)"],
    ];
    for (const [name, why] of says) {
        if (name === undefined || name === "" || name === "auto") continue;
        const target = targets.find((one) => one === name);
        if (!target) {
            throw new Error(
                `There is no target ${name} (${why}); there are ${targets.join(", ")} and auto.\n  fix: npm start -- --target auto`,
            );
        }
        return { target, why };
    }
    return undefined;
}

/** @param {readonly Target[]} existing @returns {Choice | undefined} */
function there(existing) {
    const [target, second] = existing;
    if (second) {
        throw new Error(
            `This checkout has clusters of that name on several targets: ${existing.join(", ")}.\n  fix: name one, such as --target ${target}`,
        );
    }
    return target && { target, why: "a cluster of this checkout is there already" };
}

/** @param {Pick<Machine, "platform" | "ask" | "isOnPath">} machine @returns {Choice} */
function possible(machine) {
    const docker = dockerState(machine);
    if (docker === "answers" && machine.isOnPath("k3d"))
        return { target: "k3d", why: "Docker answers, and k3d is there" };
    if (machine.isOnPath("minikube")) return { target: "minikube", why: "minikube is there" };
    const lacks = `${docker === "answers" ? "k3d is not there" : `Docker ${docker}`}, nor is minikube there`;
    if (machine.platform === "linux") return { target: "embedded", why: lacks };
    throw new Error(
        `Nothing can run a cluster here: ${lacks}, and the embedded cluster needs Linux.\n` +
            "  fix: install Docker and k3d (https://k3d.io/stable/#installation), or name a cluster of your own: npm start -- --target context",
    );
}

/** @param {Pick<Machine, "ask" | "isOnPath">} machine @returns {"answers" | "is not there" | "does not answer"} */
function dockerState({ ask, isOnPath }) {
    if (!isOnPath("docker")) return "is not there";
    return ask("docker", "version", "--format", "{{.Server.Version}}") === undefined ? "does not answer" : "answers";
}

/**
 * The targets on which a checkout has made a cluster of a name, by what it keeps of them.
 *
 * @param {string} folder `.upshift` of the checkout
 * @param {string} cluster @returns {Target[]}
 */
export function existingTargets(folder, cluster) {
    /** @type {[Target, string][]} */
    const traces = [
        ["k3d", `targets/k3d/${cluster}/record.json`],
        ["minikube", `targets/minikube/${cluster}/record.json`],
        ["embedded", `clusters/${cluster}/cluster.json`],
    ];
    return traces.flatMap(([target, file]) => (fs.existsSync(path.join(folder, file)) ? [target] : []));
}

/**
 * What a target can't do without, of what is missing. Outside of the embedded cluster Go is needed only to build Pulumi.
 *
 * @param {string} target @param {readonly Missing[]} missing @param {Pick<Machine, "isOnPath">} machine
 * @returns {Missing[]}
 */
export function neededFor(target, missing, machine) {
    if (target === "embedded") return [...missing];
    return missing.flatMap((one) => {
        if (one.for === "anything") return [one];
        if (one.for === "cluster" || machine.isOnPath("pulumi")) return [];
        return [{ ...one, fix: `install Pulumi (https://www.pulumi.com/docs/install/); or ${one.fix}` }];
    });
}

/**
 * The target that arguments name: `--target k3d` or `--target=k3d`.
 *
 * @param {readonly string[]} args @returns {string | undefined}
 */
export function targetIn(args) {
    const at = args.findIndex((arg) => arg === "--target" || arg.startsWith("--target="));
    if (at < 0) return undefined;
    return args[at]?.startsWith("--target=") ? args[at].slice("--target=".length) : args[at + 1];
}

/**
 * A value of a stack's config file, such as the target. Read by its lines: the YAML parser may not be installed yet.
 *
 * @param {string} text @param {string} key @returns {string | undefined}
 */
export function inConfig(text, key) {
    return new RegExp(`^\\s+"?upshift:${key}"?:\\s*["']?([a-z0-9-]+)`, "m").exec(text)?.[1];
}
