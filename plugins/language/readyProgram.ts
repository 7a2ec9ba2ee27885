/**
 * `node ready-program.cjs RUNNER`: loads what the SDK's runner will load, and waits to be told what it is to run. Nothing of that asks
 * for its stack and config when it is loaded. A program's own packages do: the first one that registers itself, as all providers' do, has
 * the SDK read config once and for all.
 */
import { createRequire } from "node:module";
import * as path from "node:path";
import { keepCompiledOf } from "../../cluster/setup/compileCache";
import { inOne } from "./inOne.mjs";

/** What a run is, beside its runner. */
export interface ToRun {
    readonly cwd: string;
    /** Beside this process's own environment. */
    readonly env: Readonly<Record<string, string>>;
    /** The runner's arguments. */
    readonly args: readonly string[];
}

const [node = "", , runner = ""] = process.argv;
keepCompiledOf(path.join(__dirname, "compiled"), runner, "ready");

/** What the runner loads, and its part "./run", which itself would load the runner, and so begin; and what is in files of ours. */
const parts = [
    ...["./instrumentation", "source-map-support/register", "minimist", "../../log", "../../runtime/settings"],
    ...["ini", "semver", "../../runtime/stack", "../../runtime/manifest", "../../tsutils", "./tracing", "./error"],
    ...["../..", "@grpc/grpc-js", ...Object.keys(inOne).map((name) => path.join(__dirname, name))],
];

const load = createRequire(runner);
for (const part of parts)
    try {
        load(part);
    } catch {
        // Another version of the SDK: the run loads what it needs.
    }

const gone = (): void => process.exit(0);
process.once("disconnect", gone);
process.once("message", ({ cwd, env, args }: ToRun) => {
    process.off("disconnect", gone);
    process.disconnect();
    process.chdir(cwd);
    Object.assign(process.env, env);
    process.argv = [node, runner, ...args];
    load(runner);
});
