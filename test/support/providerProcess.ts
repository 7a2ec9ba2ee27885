import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as readline from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { stateDir } from "../../cluster/paths";
import { bundleIfStale } from "../../cluster/setup/bundle.mjs";
import { installedProvider, usersPulumiHome, usesBuiltKubernetes } from "../../cluster/tools/providers";
import { toolPath } from "../../cluster/tools/tools";
import { kubernetesProvider } from "../../plugins/kubernetes/provider";
import { channelOptions, listen } from "../../plugins/serve";
import { unary } from "../../plugins/unary";

/** Where a provider listens, and how to end it. */
export interface Started {
    address: string;
    end: () => void;
}

/** In this process. */
export async function startOurs(): Promise<Started> {
    const server = new grpc.Server(channelOptions);
    server.addService(ResourceProviderService, kubernetesProvider());
    return { address: `127.0.0.1:${await listen(server)}`, end: () => server.forceShutdown() };
}

/** As a process of its own. */
export async function startOfficial(): Promise<Started> {
    const { address, process, endEngine } = await startProcess();
    const end = (): void => {
        process.kill("SIGKILL");
        endEngine();
    };
    return { address, end };
}

/** A provider as a process beside an engine, as the CLI starts it. */
export interface ProviderProcess {
    readonly address: string;
    readonly process: ChildProcess;
    /** The engine goes away as one that is killed: its connections break. */
    endEngine(): void;
}

/** Starts the provider that is tested as a process: no official one starts without an engine, to which it says what the user is to see. */
export async function startProcess(environment: Readonly<Record<string, string>> = {}): Promise<ProviderProcess> {
    const engine = new grpc.Server(channelOptions);
    engine.addService(EngineService, { log: unary(() => new Empty()) });
    const [program = "", ...args] = usesBuiltKubernetes() ? [officialProvider()] : await ourProgram();
    const child = spawn(program, [...args, `127.0.0.1:${await listen(engine)}`], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, ...environment },
    });
    const [port] = (await once(readline.createInterface(child.stdout), "line")) as [string];
    return { address: `127.0.0.1:${port}`, process: child, endEngine: () => engine.forceShutdown() };
}

async function ourProgram(): Promise<string[]> {
    await bundleIfStale();
    return [process.execPath, stateDir("dist", "pulumi-resource-kubernetes.cjs")];
}

/** Pulumi's own, as it is installed, or else as set-up has built it. */
export function officialProvider(): string {
    const installed = installedProvider(usersPulumiHome(), "kubernetes");
    return fs.existsSync(installed) ? installed : toolPath("pulumi-resource-kubernetes");
}
