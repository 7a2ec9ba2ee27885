import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { clusterDown, clusterUp, type EmbeddedCluster } from "../../cluster/embedded/cluster";
import type { Progress } from "../../cluster/embedded/follow";
import { defaultName } from "../../cluster/embedded/layout";
import { clusterStatus, type ClusterStatus } from "../../cluster/embedded/status";

/** `upshift cluster`: the embedded cluster, where there is no Docker. */
export function clusterCommand(): Command {
    return new Command("cluster")
        .description("a real Kubernetes on this machine, without Docker")
        .addCommand(up())
        .addCommand(down())
        .addCommand(status());
}

function up(): Command {
    return named("up")
        .description("starts the cluster, or says that it runs; what was in it before comes back")
        .option("--api-port <port>", "port on 127.0.0.1 for the API server", port)
        .option("--https-port <port>", "port on 127.0.0.1 for the gateway, TLS", port)
        .option("--http-port <port>", "port on 127.0.0.1 for the gateway, plain", port)
        .action(async (options: { name: string; apiPort?: number; httpsPort?: number; httpPort?: number }) => {
            const began = Date.now();
            const { apiPort: api, httpsPort: https, httpPort: http } = options;
            const cluster = await clusterUp(options.name, { ports: { api, https, http } }, printProgress);
            printUp(cluster, (Date.now() - began) / 1000);
        });
}

function down(): Command {
    return named("down")
        .description("stops the cluster; its data stay")
        .option("--delete", "remove its data too")
        .action(async (options: { name: string; delete?: boolean }) => {
            const began = Date.now();
            const any = await clusterDown(options.name, options, printProgress);
            const what = options.delete ? "stopped and deleted" : "stopped; its data stay for the next up";
            const seconds = `${((Date.now() - began) / 1000).toFixed(1)} s`;
            console.log(
                any ? `Cluster ${options.name} is ${what} (${seconds}).` : `Cluster ${options.name} does not run.`,
            );
        });
}

function status(): Command {
    return named("status")
        .description("its processes, ports and versions; exit code 1 unless it is ready")
        .option("--json", "print it as JSON")
        .action(async (options: { name: string; json?: boolean }) => {
            const found = await clusterStatus(options.name);
            if (options.json)
                console.log(JSON.stringify(found ?? { name: options.name, phase: "absent" }, undefined, 2));
            else if (found === undefined) console.log(`There is no cluster ${options.name}.`);
            else printStatus(found);
            if (found?.phase !== "ready" || found.nodeReady !== true) process.exitCode = 1;
        });
}

function named(verb: string): Command {
    return new Command(verb).option("--name <name>", "the cluster's name", defaultName);
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

function printUp(cluster: EmbeddedCluster, seconds: number): void {
    console.log(
        [
            `Cluster ${pc.bold(cluster.name)} is ready (${seconds.toFixed(1)} s).`,
            `  API server  https://127.0.0.1:${cluster.ports.api}`,
            `  gateway     https://127.0.0.1:${cluster.ports.https}, http://127.0.0.1:${cluster.ports.http}`,
            `  kubectl     export KUBECONFIG=${cluster.kubeconfig}`,
        ].join("\n"),
    );
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
