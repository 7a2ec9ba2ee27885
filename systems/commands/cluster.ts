import Table from "cli-table3";
import { Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { stringify } from "yaml";
import { needs } from "../../cluster/context/needs";
import { roleFor } from "../../cluster/context/role";
import { usesOf } from "../../cluster/context/target";
import { clusterStatus, type ClusterStatus } from "../../cluster/embedded/status";
import { Refused } from "../../cluster/refused";
import { explain, type ChosenPorts, type Progress, type TargetStatus } from "../../cluster/target";
import { projectRoot } from "../../cluster/paths";
import { settingsOfFile } from "../config/file";
import { targets } from "../../cluster/targetNames";
import { name as project } from "../../package.json";
import { defaultStack } from "../../rollout/pulumi";
import { findingsOf, targetOfStack } from "../checkout/target";
import { applied } from "../../rollout/applied";
import { bringUp } from "../checkout/begin";
import { forgetState, forgottenInWords, stacksOn, whyNotGone } from "../checkout/forget";
import { namesFor } from "../checkout/hosts";
import { planText } from "../checkout/planText";

/** `upshift cluster`: where a stack runs. */
export function clusterCommand(): Command {
    return new Command("cluster")
        .description("the cluster that a stack runs on: k3d, minikube, an existing one, or one without Docker")
        .addCommand(check())
        .addCommand(up())
        .addCommand(down())
        .addCommand(status())
        .addCommand(forget())
        .addCommand(role());
}

interface Options {
    target?: string;
    name?: string;
    stack: string;
}

function check(): Command {
    return named("check")
        .description(
            "says where a stack would run, and what stands in the way; changes nothing; exit code 1 if anything does",
        )
        .option("--json", "print it as JSON")
        .action(async (options: Options & { json?: boolean }) => {
            const chosen = targetOfStack(options.stack, options);
            const { target, why } = chosen;
            const findings = await findingsOf(chosen);
            const plan = findings.length === 0 ? await target.plan() : undefined;
            if (options.json) {
                console.log(
                    JSON.stringify({ target: target.name, cluster: target.cluster, why, findings, plan }, undefined, 2),
                );
            } else if (plan) console.log(planText(chosen, plan, await namesFor(chosen.hosts, plan.gatewayHost)));
            else
                console.log(
                    `Target ${target.name} (${target.cluster}), because ${why}, can't be used yet:\n${explain(findings)}`,
                );
            if (findings.length > 0) process.exitCode = 1;
        });
}

interface UpFlags extends Options {
    apiPort?: number;
    httpsPort?: number;
    httpPort?: number;
    database?: boolean;
}

function up(): Command {
    return named("up")
        .description("makes or starts the cluster, or says that it runs; what was in it before comes back")
        .option("--api-port <port>", "port on 127.0.0.1 for the API server", port)
        .option("--https-port <port>", "port on 127.0.0.1 for the gateway, TLS", port)
        .option("--http-port <port>", "port on 127.0.0.1 for the gateway, plain", port)
        .option("--database", "a MySQL database beside it (MariaDB), from now on whenever it runs; embedded alone")
        .action(async (options: UpFlags) => {
            const began = Date.now();
            const ports: ChosenPorts = { api: options.apiPort, https: options.httpsPort, http: options.httpPort };
            const chosen = targetOfStack(options.stack, { ...options, ports });
            await bringUp(chosen, printProgress);
            const status = await chosen.target.status();
            printUp(status, (Date.now() - began) / 1000);
            const names = await namesFor(chosen.hosts, status.gatewayAddress?.split(":")[0]);
            if (names.length > 0) console.log(`  host names\n    ${names.join("\n    ")}`);
        });
}

function down(): Command {
    return named("down")
        .description("stops the cluster; its data stay. A cluster that this checkout did not make is refused")
        .option(
            "--delete",
            "remove its data too; stacks of this checkout that are applied on it forget what goes with it, and keep their config",
        )
        .action(async (options: Options & { delete?: boolean }) => {
            const began = Date.now();
            const { target } = targetOfStack(options.stack, options);
            const along = options.delete && target.name !== "context" ? await stacksOn(target) : [];
            for (const { stack, count } of along) {
                const text = `Stack ${stack} is applied on it: it forgets its ${count} resources, which go with the cluster.`;
                printProgress({ kind: "note", text });
            }
            const any = await target.down(options, printProgress);
            for (const { stack } of along) console.log(forgottenInWords(await forgetState(stack)));
            const what = options.delete ? "stopped and deleted" : "stopped; its data stay for the next up";
            const seconds = `${((Date.now() - began) / 1000).toFixed(1)} s`;
            console.log(
                any ? `Cluster ${target.cluster} is ${what} (${seconds}).` : `Cluster ${target.cluster} does not run.`,
            );
        });
}

function status(): Command {
    return named("status")
        .description("how the cluster is; exit code 1 unless it is ready")
        .option("--json", "print it as JSON")
        .action(async (options: Options & { json?: boolean }) => {
            const { target } = targetOfStack(options.stack, options);
            const found = await target.status();
            const parts = target.name === "embedded" ? await clusterStatus(target.cluster) : undefined;
            if (options.json) console.log(JSON.stringify({ ...found, ...parts }, undefined, 2));
            else if (parts) printStatus(parts);
            else printTarget(found);
            if (found.phase !== "ready") process.exitCode = 1;
        });
}

function forget(): Command {
    return new Command("forget")
        .description(
            "lets a stack forget all that its state lists, when the cluster that it is applied on is gone; touches no cluster, and keeps the config and a copy of the state",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .option("--gone", "for the cluster of a context, of which only you can say it")
        .action(async ({ stack, gone = false }: { stack: string; gone?: boolean }) => {
            const why = await whyNotGone(stack, await applied(stack), gone);
            if (why) throw new Refused(why);
            console.log(forgottenInWords(await forgetState(stack)));
        });
}

function role(): Command {
    return new Command("role")
        .description(
            "prints what a user of an existing cluster needs for a stack, for its administrator: | kubectl apply -f -",
        )
        .requiredOption(
            "--user <name>",
            "as the API server knows it; system:serviceaccount:NAMESPACE:NAME for an account",
        )
        .option("--stack <name>", "the stack whose config counts", defaultStack)
        .option(
            "--first",
            "also what making its namespaces takes: for the first `up`, with rights in the whole cluster",
        )
        .option("--install-istio", "also what installing Istio takes, which is as much as an administrator may")
        .action(({ user, stack, first = false, installIstio = false }: RoleOptions) => {
            const uses = usesOf(settingsOfFile(project, stack, projectRoot()), installIstio);
            const { warnings, documents } = roleFor({ user, stack, needs: needs({ ...uses, first }), first });
            const texts = documents.map((document) => stringify(document, { aliasDuplicateObjects: false }));
            console.log([...warnings.map((line) => `# WARNING: ${line}`), texts.join("---\n")].join("\n"));
            // Into a pipe, nobody reads what stands above.
            for (const line of warnings) console.error(`${pc.yellow("!")} ${line}`);
        });
}

interface RoleOptions {
    user: string;
    stack: string;
    first?: boolean;
    installIstio?: boolean;
}

function named(verb: string): Command {
    return new Command(verb)
        .addOption(targetOption())
        .option("--name <name>", "the cluster's name; else the stack's config")
        .option("--stack <name>", "the stack whose config counts", defaultStack);
}

/** Where to run, for every command that brings a stack up. */
export function targetOption(): Option {
    return new Option("--target <target>", "where; else UPSHIFT_TARGET, else the stack's config").choices(targets);
}

function port(text: string): number {
    const value = Number(text);
    if (Number.isInteger(value) && value > 0 && value < 65536) return value;
    throw new InvalidArgumentError("a port is a whole number from 1 to 65535.");
}

export function printProgress(progress: Progress): void {
    if (progress.kind === "note") console.log(`${pc.yellow("!")} ${progress.text}`);
    if (progress.kind === "done")
        console.log(`${pc.green("✔")} ${progress.title} ${pc.dim(`${progress.seconds.toFixed(1)} s`)}`);
}

function printUp(status: TargetStatus, seconds: number): void {
    console.log(`Cluster ${pc.bold(status.name)} is ${status.phase} (${seconds.toFixed(1)} s).`);
    console.log(targetLines(status).join("\n"));
}

function printTarget(status: TargetStatus): void {
    console.log([`${status.target} ${pc.bold(status.name)}: ${status.phase}`, ...targetLines(status)].join("\n"));
}

function targetLines({ version, gatewayAddress, kubeconfig, context, notes }: TargetStatus): string[] {
    return [
        ...(version ? [`  Kubernetes  ${version}`] : []),
        ...(gatewayAddress ? [`  gateway     https://${gatewayAddress}`] : []),
        ...(kubeconfig ? [`  kubectl     export KUBECONFIG=${kubeconfig} (context ${context})`] : []),
        ...notes.map((note) => `  ${note}`),
    ];
}

function printStatus(status: ClusterStatus): void {
    const node = { true: "ready", false: "not ready", undefined: "not known" }[String(status.nodeReady)] ?? "";
    console.log(`Cluster ${pc.bold(status.name)}: ${status.phase}; node ${node}`);
    if (status.error !== undefined) console.log(pc.red(status.error));
    const table = new Table({
        head: ["part", "state", "process", "up", "restarts", "last end"],
        style: { head: [], border: [] },
    });
    for (const part of status.parts) {
        const uptime = part.uptime === undefined ? "" : `${part.uptime} s`;
        table.push([part.name, part.state, part.pid ?? "", uptime, part.restarts, part.lastExit ?? ""]);
    }
    console.log(table.toString());
    const { api, https, http } = status.ports;
    console.log(`ports on 127.0.0.1: API server ${api}, gateway ${https} (TLS) and ${http}`);
    const versions = Object.entries(status.versions).map(([name, version]) => `${name} ${version}`);
    if (versions.length > 0) console.log(versions.join(", "));
    console.log(`kubectl: export KUBECONFIG=${status.kubeconfig}`);
}
