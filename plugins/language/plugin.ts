import type * as grpc from "@grpc/grpc-js";
import { type RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb";
import type { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb";
import { type Child, startNode } from "./child";
import { locate } from "./locate";
import { optionsEnvironment, runtimeOptions } from "./options";
import { policyProxy } from "./policyProxy";
import { optionsOf, programInfo } from "./program";
import { variablesOf } from "../variables";

type Call = grpc.ServerWritableStream<RunPluginRequest, RunPluginResponse>;

/**
 * Runs a plugin written for Node, a component package or a policy pack, with the SDK's own runner, and streams what it writes.
 * Returns when it has ended; the last thing streamed is its exit code. When the engine ends the call, the plugin ends.
 */
export async function runPlugin(call: Call): Promise<void> {
    const code = call.request.getKind() === "analyzer" ? await runPolicyPack(call) : await runProvider(call);
    call.write(new RunPluginResponse().setExitcode(code));
}

async function runProvider(call: Call): Promise<number> {
    const { request } = call;
    const directory = programInfo(request).getProgramDirectory();
    return start(call, {
        runner: "@pulumi/pulumi/cmd/run-plugin",
        programArguments: [directory, ...request.getArgsList()],
        cwd: request.getPwd() || directory,
        stdout: (chunk) => call.write(new RunPluginResponse().setStdout(chunk)),
    }).ended;
}

/** A policy pack starts behind a proxy, once the engine has said for which stack. The engine gets the proxy's port. */
async function runPolicyPack(call: Call): Promise<number> {
    const proxy = await policyProxy();
    call.on("cancelled", () => proxy.close());
    call.write(new RunPluginResponse().setStdout(Buffer.from(`${proxy.port}\n`)));
    const environment = stackEnvironment(await proxy.configuration);
    const directory = programInfo(call.request).getProgramDirectory();
    try {
        const child = start(call, {
            runner: "@pulumi/pulumi/cmd/run-policy-pack",
            programArguments: [...call.request.getArgsList(), directory],
            cwd: directory,
            environment,
            stdout: portThen(
                (port) => void proxy.attach(port).catch((error: Error) => proxy.fail(error)),
                (chunk) => call.write(new RunPluginResponse().setStdout(chunk)),
            ),
        });
        const code = await child.ended;
        proxy.fail(new Error(`policy pack ended with exit code ${code}`));
        return code;
    } catch (error) {
        proxy.fail(error as Error);
        throw error;
    }
}

/** The variables in which a policy pack finds its stack. */
function stackEnvironment(configuration: AnalyzerStackConfigureRequest | undefined): Record<string, string> {
    if (!configuration) return {};
    const values = {
        PULUMI_NODEJS_ORGANIZATION: configuration.getOrganization(),
        PULUMI_NODEJS_PROJECT: configuration.getProject(),
        PULUMI_NODEJS_STACK: configuration.getStack(),
        PULUMI_NODEJS_DRY_RUN: String(configuration.getDryRun()),
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(configuration.getConfigMap().toArray())),
    };
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

/** Takes the first line, a port, out of a stream of chunks, and hands on the rest. */
function portThen(port: (port: number) => void, rest: (chunk: Buffer) => void): (chunk: Buffer) => void {
    let head: Buffer | undefined = Buffer.alloc(0);
    return (chunk) => {
        if (!head) {
            rest(chunk);
            return;
        }
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf("\n");
        if (end < 0) return;
        const [line, after] = [head.subarray(0, end).toString(), head.subarray(end + 1)];
        head = undefined;
        port(Number(line));
        if (after.length > 0) rest(after);
    };
}

function start(
    call: Call,
    plugin: {
        readonly runner: string;
        readonly programArguments: readonly string[];
        readonly cwd: string;
        readonly environment?: Record<string, string>;
        readonly stdout: (chunk: Buffer) => void;
    },
): Child {
    const info = programInfo(call.request);
    const options = runtimeOptions(optionsOf(info));
    const directory = info.getProgramDirectory();
    const runner = locate(plugin.runner, directory, `npm install in ${directory}`);
    const child = startNode([...options.nodeargs, runner, ...plugin.programArguments], {
        cwd: plugin.cwd,
        env: { ...variablesOf(call.request.getEnvList()), ...optionsEnvironment(options), ...plugin.environment },
        stdout: plugin.stdout,
        stderr: (chunk) => call.write(new RunPluginResponse().setStderr(chunk)),
    });
    call.on("cancelled", () => child.stop());
    return child;
}
