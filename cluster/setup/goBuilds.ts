import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../paths";
import type { GoTool } from "../tools/manifest";
import { madePath } from "../tools/tools";
import { CompilingLeft, type Imports } from "./compilingLeft";
import { makeFolder } from "./draft";
import { roughly } from "./duration";
import { withSources } from "./goSources";
import { run, type RunOptions } from "./run";

/**
 * The builds of several Go tools, arranged so that nothing is compiled twice and no core waits: while one tool links, which keeps a
 * single core busy, the next compiles, and the modules of those after it are fetched. Two that compiled at the same time would
 * both compile what they share. What an interrupted build has compiled stays in Go's own cache, and the next try goes on from
 * there.
 */
export class GoBuilds {
    private readonly left = new CompilingLeft();
    private readonly fetched = new Map<string, Promise<Imports>>();
    private isCounted = false;
    private counting?: Promise<void>;
    private fetching: Promise<unknown> = Promise.resolve();
    private compiling: Promise<void> = Promise.resolve();

    /** @param toolsToBuild is asked when the first of them begins, in the order in which they will be built */
    constructor(private readonly toolsToBuild: () => readonly GoTool[]) {}

    /** Builds a tool; `progress` is told what it is doing, and about how long all of them still take. */
    async build(tool: GoTool, progress: (text: string) => void): Promise<void> {
        this.counting ??= this.countAll();
        await makeFolder(path.dirname(madePath(tool)), async (draft) => {
            progress("fetching modules");
            const imports = await this.packagesOf(tool);
            const isNext = this.compiling;
            let isLinking = (): void => {};
            this.compiling = new Promise((resolve) => (isLinking = resolve));
            try {
                progress("");
                await isNext;
                await this.compile(tool, imports, draft, progress, isLinking);
            } finally {
                isLinking();
            }
        });
    }

    /** Go names each package when it begins to compile it, the program's own last of all: then it links. */
    private async compile(
        tool: GoTool,
        imports: Imports,
        draft: string,
        progress: (text: string) => void,
        onLinking: () => void,
    ): Promise<void> {
        progress("compiling");
        const program = [...imports.keys()].at(-1);
        const onLine = (line: string): void => {
            this.left.begun(line);
            if (line === program) {
                progress("linking");
                onLinking();
            } else {
                const done = this.left.doneOf(imports);
                const left = this.isCounted ? this.left.milliseconds() : undefined;
                const inAll = left === undefined ? "" : `, all tools in ${roughly(left)}`;
                progress(`${done} of ${imports.size} packages${inAll}`);
            }
        };
        const flags = ["-v", ...compileFlags, "-buildvcs=false", "-ldflags", tool.ldflags];
        // Go's scratch files go into the draft too, and with it.
        const env = { ...lessCollecting(), GOTMPDIR: draft };
        this.left.goesOn();
        await go(tool, ["build", ...flags, "-o", path.join(draft, tool.name)], { env, onLine });
        this.left.finished(imports);
    }

    /** Fetches the modules of all, ahead of their builds, and counts their packages. Who needs what can't be fetched says so. */
    private async countAll(): Promise<void> {
        try {
            for (const tool of this.toolsToBuild()) this.left.add(await this.packagesOf(tool));
            this.isCounted = true;
        } catch {
            this.isCounted = false;
        }
    }

    /** One after the other, so that the first has the network for itself. */
    private packagesOf(tool: GoTool): Promise<Imports> {
        const known = this.fetched.get(tool.name);
        if (known) return known;
        const listed = this.fetching.then(() => listPackages(tool));
        this.fetching = listed.catch(() => undefined);
        this.fetched.set(tool.name, listed);
        return listed;
    }
}

/**
 * What decides whether something is found in Go's cache: tests that compile the same packages give the same. Nobody debugs these
 * programs, and what a debugger reads is left out when they are linked anyway.
 */
export const compileFlags = ["-trimpath", "-gcflags=all=-dwarf=false"] as const;

/** Every package of a tool with what it imports, the tool's own last. Listing downloads the modules they lie in. */
async function listPackages(tool: GoTool): Promise<Imports> {
    const listed = await go(tool, ["list", "-deps", "-f", '{{.ImportPath}} {{join .Imports " "}}']);
    return new Map(
        listed.split("\n").map((line) => {
            const [name = "", ...imports] = line.trim().split(" ");
            return [name, imports];
        }),
    );
}

/**
 * Go's collector runs four times less often in the compiler, which saves a tenth of its time, and keeps each compiler below 1 GiB (the
 * largest takes half of that). A linker holds 2 GB, with this or without, nearly all of it files that it maps. What the user has
 * set stays.
 */
function lessCollecting(): NodeJS.ProcessEnv {
    const { GOGC = "400", GOMEMLIMIT = "1GiB" } = process.env;
    return os.totalmem() >= enoughMemory ? { GOGC, GOMEMLIMIT } : {};
}

/** What a machine of 4 GB says it has, in bytes. */
const enoughMemory = 3.5 * 2 ** 30;

async function go(tool: GoTool, [command, ...rest]: [string, ...string[]], options: RunOptions = {}): Promise<string> {
    const tags = tool.tags ? [`-tags=${tool.tags}`] : [];
    return withSources(
        tool,
        (...args) => runGo(tool, args),
        (flags) => runGo(tool, [command, ...flags, ...tags, ...rest, tool.package], options),
    );
}

function runGo(tool: GoTool, args: readonly string[], options: RunOptions = {}): Promise<string> {
    return run("go", args, {
        ...options,
        cwd: path.join(projectRoot(), tool.module),
        env: { ...options.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local" },
        endsWithUs: true,
    });
}
