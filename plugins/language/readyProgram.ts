/**
 * `node ready-program.cjs RUNNER [FILE…]`: loads what the SDK's runner will load, and packages by their files, and waits to be told what
 * it is to run. Nothing of that asks for stack and config when it is loaded, but the first package that registers itself, as all
 * providers' do, has the SDK make its store, which reads both once and for all: the run is given a new one.
 */
import { createRequire } from "node:module";
import * as path from "node:path";
import { keepCompiledOf } from "../../cluster/setup/compileCache";
import { plainStructs, type StructClass } from "../structs";
import { inOne } from "./inOne.mjs";

/** What a run is, beside its runner. */
export interface ToRun {
    readonly cwd: string;
    /** Beside what this process has of its own. */
    readonly env: Readonly<NodeJS.ProcessEnv>;
    /** The runner's arguments. */
    readonly args: readonly string[];
}

const [node = "", , runner = "", ...packages] = process.argv;
keepCompiledOf(path.join(__dirname, "compiled"), runner, "ready");

/** What the runner loads, and its part "./run", which itself would load the runner, and so begin; and what is in files of ours. */
const parts = [
    ...["./instrumentation", "source-map-support/register", "minimist", "../../log", "../../runtime/settings"],
    ...["ini", "semver", "../../runtime/stack", "../../runtime/manifest", "../../tsutils", "./tracing", "./error"],
    ...["../..", "@grpc/grpc-js", ...Object.keys(inOne).map((name) => path.join(__dirname, name))],
];

const load = createRequire(runner);
parts.forEach(loadIfCan);
const messages = loadIfCan("google-protobuf/google/protobuf/struct_pb") as
    { readonly Struct?: StructClass } | undefined;
if (messages?.Struct) plainStructs(messages.Struct);

/** @returns undefined for what can't be loaded, such as a part of another version of the SDK */
function loadIfCan(part: string): unknown {
    try {
        return load(part);
    } catch {
        // The run says so, if it needs it.
        return undefined;
    }
}

/** What the SDK knows of a run: its options and config, and which packages are there. */
interface Store {
    resourcePackages: unknown;
    resourceModules: unknown;
}

/** Where the SDK has it. */
const shared = globalThis as { globalStore?: Store };

/** Loads packages. @returns what gives the run a store that knows them, and nothing else */
function loadPackages(): () => void {
    const state = loadIfCan("../../runtime/state") as { readonly LocalStore?: new () => Store } | undefined;
    const LocalStore = state?.LocalStore;
    // Without a way to a new store none must be made: a package's registering itself would.
    if (LocalStore === undefined) return () => undefined;
    packages.forEach(loadIfCan);
    const { globalStore } = shared;
    if (globalStore === undefined) return () => undefined;
    const { resourcePackages, resourceModules } = globalStore;
    // As without all this: it is made when it is first asked for, and reads then what the runner has set.
    return () =>
        Object.defineProperty(shared, "globalStore", {
            configurable: true,
            get() {
                const value = Object.assign(new LocalStore(), { resourcePackages, resourceModules });
                Object.defineProperty(shared, "globalStore", { value, writable: true, configurable: true });
                return value;
            },
        });
}

const renew = loadPackages();

const gone = (): void => process.exit(0);
process.once("disconnect", gone);
process.once("message", (toRun: ToRun) => {
    // Of what came before anybody listened, Node still has the channel in its hands.
    setImmediate(run, toRun);
});

function run({ cwd, env, args }: ToRun): void {
    process.off("disconnect", gone);
    process.disconnect();
    process.chdir(cwd);
    Object.assign(process.env, env);
    process.argv = [node, runner, ...args];
    renew();
    load(runner);
}
