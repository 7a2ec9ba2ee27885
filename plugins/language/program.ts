import { RunResponse, type ProgramInfo, type RunRequest } from "@pulumi/pulumi/proto/language_pb";
import { isKept } from "../kept";
import { type Child, startNode } from "./child";
import { isDebugged, notDebugged } from "./debugging";
import { locate } from "./locate";
import { optionsEnvironment, type RuntimeOptions, runtimeOptions } from "./options";
import type { Beginning, Readiness } from "./ready";

/** The SDK's exit code for "the user has been told already". */
const userWasTold = 32;

/** Node's last words when its heap is full. */
const outOfMemory = /<--- Last few GCs --->|Check failed: needs_context && current_scope_ == closure_scope_/;
const outOfMemoryHint =
    ". Detected a possible out of memory error. Give the program more by setting the runtime option " +
    "`nodeargs: --max-old-space-size=<megabytes>` in Pulumi.yaml.";

/**
 * Runs a Pulumi program to its end, with the SDK's own runner from the program's node_modules.
 *
 * @param engine address at which the program logs to the engine.
 * @param started is given the process, so that it can be stopped.
 * @param ready what the host has ready for it.
 */
export async function runProgram(
    request: RunRequest,
    engine: string,
    started: (child: Child) => void,
    ready?: Readiness,
): Promise<RunResponse> {
    if (request.getAttachDebugger()) {
        throw new Error(
            "This language host can't attach a debugger; put --inspect-brk into the nodeargs option instead.",
        );
    }
    const info = programInfo(request);
    const { options, ...beginning } = beginningOf(info.getProgramDirectory(), optionsOf(info));
    const cwd = request.getPwd() || info.getProgramDirectory();
    const env = {
        ...process.env,
        ...configEnvironment(request),
        ...optionsEnvironment(options),
        ...(!isDebugged() && notDebugged),
    };
    const args = runnerArguments(request, engine);
    const seen = { memoryRanOut: false };
    const listening = {
        // Of a kept host nobody reads more than its port there.
        stdout: (chunk: Buffer) => void (isKept() ? process.stderr : process.stdout).write(chunk),
        stderr: (chunk: Buffer) => {
            seen.memoryRanOut ||= outOfMemory.test(chunk.toString());
            process.stderr.write(chunk);
        },
    };
    const child =
        ready?.take(beginning, { cwd, env, args }, listening) ??
        startNode([...beginning.nodeargs, beginning.runner, ...args], { cwd, env, ...listening });
    started(child);
    const code = await child.ended;
    if (isKept()) ready?.prepare(beginning);
    const response = new RunResponse();
    if (code === userWasTold) return response.setBail(true);
    if (code === 0) return response;
    return response.setError(
        `Program exited with non-zero exit code: ${code}${seen.memoryRanOut ? outOfMemoryHint : ""}`,
    );
}

/** What a program in a folder is begun with, by Pulumi.yaml's `runtime.options`. */
export function beginningOf(
    directory: string,
    given: Readonly<Record<string, unknown>>,
): Beginning & { readonly options: RuntimeOptions } {
    const options = runtimeOptions(given);
    const runner = locate("@pulumi/pulumi/cmd/run", directory, "pulumi install");
    return { runner, nodeargs: options.nodeargs, cwd: directory, options };
}

/** What the engine says about where a program lies; an engine too old to say it is refused. */
export function programInfo(request: { getInfo(): ProgramInfo | undefined }): ProgramInfo {
    const info = request.getInfo();
    if (!info) throw new Error("The Pulumi CLI sends no program information: version 3.100 or later is needed.");
    return info;
}

/** Pulumi.yaml's `runtime.options`. */
export function optionsOf(info: ProgramInfo): Readonly<Record<string, unknown>> {
    return info.getOptions()?.toJavaScript() ?? {};
}

/** The runner's command line: where to register resources, what is run, and the program last. */
export function runnerArguments(request: RunRequest, engine: string): string[] {
    const info = programInfo(request);
    const named: readonly (readonly [string, string])[] = [
        ["monitor", request.getMonitorAddress()],
        ["engine", engine],
        ["organization", request.getOrganization()],
        ["project", request.getProject()],
        ["root-directory", info.getRootDirectory()],
        ["stack", request.getStack()],
        ["pwd", info.getProgramDirectory()],
        ["parallel", String(request.getParallel())],
    ];
    return [
        ...named.flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
        ...(request.getDryrun() ? ["--dry-run"] : []),
        info.getEntryPoint() || ".",
        ...request.getArgsList(),
    ];
}

/** Config as the SDK reads it: keys as `namespace:config:name`, and the list of those that are secret. */
export function configEnvironment(request: RunRequest): Record<string, string> {
    const config = request
        .getConfigMap()
        .toArray()
        .map(([key, value]) => [configKey(key), value]);
    return {
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    };
}

/** `aws:region` and the older `aws:config:region` both become the latter. */
function configKey(key: string): string {
    const [namespace, ...rest] = key.split(":");
    return `${namespace}:config:${rest[0] === "config" && rest.length > 1 ? rest.slice(1).join(":") : rest.join(":")}`;
}
