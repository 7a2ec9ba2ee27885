import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as inspector from "node:inspector";
import Module from "node:module";
import * as path from "node:path";
import * as vm from "node:vm";
import { readKept, writeKept } from "../wholeFile.mjs";

/** A module, as this run or an earlier one has compiled it. */
interface Compiled {
    /** Of its source. */
    readonly digest: string;
    readonly data?: Kept;
    readonly script?: vm.Script;
}

/** What an earlier run has made of a module. */
interface Kept {
    readonly bytes: Buffer;
    /** Of the bytes, which a machine that went down may have left half written. */
    readonly digest: string;
}

/** The first line of what is kept: of each module its name, the digests of its source and of its data, and where in the rest that is. */
interface Head {
    /** Runs that have written it since a module was new. */
    readonly runs: number;
    readonly index: readonly (readonly [name: string, source: string, data: string, from: number, to: number])[];
}

/** It is written by so many runs: V8 compiles a function when it is first called, and no run calls all. */
const writingRuns = 3;
/** Milliseconds after which it is written where the program still runs: Pulumi ends its plugins without a word. */
const writtenAfterMs = 1500;

/** Node's own ways to load a module, of which its types leave some out. */
const loader = Module as unknown as {
    readonly prototype: { _compile: Compile };
    enableCompileCache?(folder: string): unknown;
};
/** Of which Node 20 gives no other way to ask for the module that the program began with. */
const began = process as unknown as { readonly mainModule?: NodeJS.Module };
type Compile = (this: NodeJS.Module, code: string, name: string, format?: string) => unknown;

/**
 * Keeps what V8 compiles of a program's CommonJS modules from one start to the next: half of a short command's time would go into
 * compiling the same megabytes once more. Node 22 has this built in, and there that is used; Node 20 has only the parts of it.
 *
 * @param folder to keep it in, which nobody else may write to: what lies there is run.
 * @param program a name for what is started, as a part of a file's name.
 */
export function keepCompiled(folder: string, program: string): void {
    // What a debugger stops at has to be compiled by Node itself.
    if (inspector.url() !== undefined) return;
    if (loader.enableCompileCache) {
        loader.enableCompileCache(folder);
        return;
    }
    const file = path.join(folder, `${program}-${process.version}-${process.arch}`);
    const { runs, modules } = read(file);
    let isNew = false;
    const { _compile: compile } = loader.prototype;
    loader.prototype._compile = function (code, name, format) {
        // An ES module that is loaded by `require`, as Node from 20.19 on does it.
        if (format === "module") return compile.call(this, code, name, format);
        const digest = digestOf(code);
        const known = modules.get(name);
        const cachedData = known?.digest === digest ? wholeOf(known.data) : undefined;
        const script = compiled(code, name, cachedData);
        // Perhaps an ES module whose package does not say so; what Node says of it is what is wrong with it.
        if (!script) return compile.call(this, code, name, format);
        // V8 itself refuses what another version of it, or one with other flags, has made.
        isNew ||= cachedData === undefined || script.cachedDataRejected === true;
        modules.set(name, { digest, script });
        const run = script.runInThisContext() as (...given: unknown[]) => unknown;
        return run.call(this.exports, this.exports, requireOf(this), this, name, path.dirname(name));
    };
    const save = (): void => {
        if (!isNew && runs >= writingRuns) return;
        write(file, isNew ? 1 : runs + 1, modules);
        isNew = false;
    };
    process.once("exit", save);
    setTimeout(save, writtenAfterMs).unref();
}

/**
 * The same for a program by its file, of which there may be others of the same name.
 *
 * @param name for what is started. Default: the file's.
 */
export function keepCompiledOf(folder: string, file: string, name = path.parse(file).name): void {
    keepCompiled(folder, `${name}-${createHash("sha1").update(file).digest("hex").slice(0, 8)}`);
}

/** @returns undefined where it is nothing that can be kept */
function compiled(code: string, filename: string, cachedData: Buffer | undefined): vm.Script | undefined {
    // Only what Node itself compiles can import late; what was kept once imports nothing.
    if (!cachedData && /\bimport\s*\(/.test(code)) return undefined;
    try {
        return new vm.Script(Module.wrap(code.replace(/^#!.*/, "")), { filename, ...(cachedData && { cachedData }) });
    } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        throw error;
    }
}

/** `require`, as a module is given it. */
function requireOf(module: NodeJS.Module): unknown {
    const own = (id: string): unknown => module.require(id);
    return Object.assign(own, Module.createRequire(module.filename), { main: began.mainModule });
}

function wholeOf(kept: Kept | undefined): Buffer | undefined {
    return kept && digestOf(kept.bytes) === kept.digest ? kept.bytes : undefined;
}

/** What earlier runs have kept; nothing where there is none. */
function read(file: string): { readonly runs: number; readonly modules: Map<string, Compiled> } {
    try {
        const whole = readKept(file) ?? Buffer.alloc(0);
        const end = whole.indexOf("\n");
        const { runs, index } = JSON.parse(whole.toString("utf8", 0, end)) as Head;
        const rest = whole.subarray(end + 1);
        const compiled = index.map(([name, digest, data, from, to]): [string, Compiled] => [
            name,
            { digest, data: { bytes: rest.subarray(from, to), digest: data } },
        ]);
        return { runs, modules: new Map(compiled) };
    } catch {
        // The first run, or one after which the file was lost: it is made anew.
        return { runs: 0, modules: new Map() };
    }
}

function write(file: string, runs: number, modules: ReadonlyMap<string, Compiled>): void {
    const index: [string, string, string, number, number][] = [];
    const parts: Buffer[] = [];
    let end = 0;
    for (const [name, { digest, script, data }] of modules) {
        // What this run did not ask for stays, as long as there is such a module.
        const bytes = script?.createCachedData() ?? (fs.existsSync(name) ? wholeOf(data) : undefined);
        if (!bytes) continue;
        index.push([name, digest, digestOf(bytes), end, end + bytes.length]);
        parts.push(bytes);
        end += bytes.length;
    }
    const head = `${JSON.stringify({ runs, index } satisfies Head)}\n`;
    writeKept(file, Buffer.concat([Buffer.from(head), ...parts]));
}

function digestOf(of: string | Buffer): string {
    return createHash("sha1").update(of).digest("base64");
}
