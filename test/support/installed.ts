import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { version } from "../../package.json";
import { projectRoot } from "../../cluster/paths";

const run = promisify(execFile);

/** The package as somebody has it who installed it. */
export interface Installed {
    /** A folder that began empty. */
    readonly folder: string;
    /** The packed package. */
    readonly tarball: string;
    /** What is in it, by its path. */
    readonly files: readonly string[];
    /** Runs a program in the folder. @throws when it fails, with what it printed */
    run(program: string, ...args: string[]): Promise<Told>;
    /** The same with other variables than this process has. */
    runWith(env: NodeJS.ProcessEnv, program: string, ...args: string[]): Promise<Told>;
    remove(): void;
}

/**
 * Builds and packs the package, and installs the tarball into an empty folder, with its dependencies from the registry. The peers,
 * which are large, are those of the checkout, and so is the compiler.
 */
export async function installed(): Promise<Installed> {
    const root = projectRoot();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "installed-"));
    const inFolder = { cwd: folder, maxBuffer: 1 << 26 };
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    await run("npm", ["run", "--silent", "build"], { cwd: root });
    const { stdout } = await run("npm", pack, { cwd: root, maxBuffer: 1 << 26 });
    const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
    const tarball = path.join(folder, `upshift-${version}.tgz`);
    fs.writeFileSync(path.join(folder, "package.json"), '{ "name": "theirs", "private": true }\n');
    const quietly = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock"];
    await run("npm", ["install", ...quietly, "--legacy-peer-deps", tarball], inFolder);
    const modules = path.join(folder, "node_modules");
    for (const name of [...fs.readdirSync(path.join(root, "node_modules", "@pulumi")).map((one) => `@pulumi/${one}`)])
        link(path.join(root, "node_modules", name), path.join(modules, name));
    for (const name of ["typescript", "@types"]) link(path.join(root, "node_modules", name), path.join(modules, name));
    return {
        folder,
        tarball,
        files: packed?.files.map((file) => file.path) ?? [],
        run: (program, ...args) => told(run(program, args, inFolder)),
        runWith: (env, program, ...args) => told(run(program, args, { ...inFolder, env })),
        remove: () => fs.rmSync(folder, { recursive: true, force: true }),
    };
}

/** What a program printed. */
interface Told {
    readonly stdout: string;
    readonly stderr: string;
}

/** Node's own message has only what was written to stderr, and Pulumi says on stdout why it fails. */
async function told(running: Promise<Told>): Promise<Told> {
    try {
        return await running;
    } catch (error) {
        const failed = error as Error & { stdout: string };
        failed.message += `\n${failed.stdout}`;
        throw failed;
    }
}

/** Leaves what npm has put there. */
function link(from: string, to: string): void {
    if (fs.existsSync(to)) return;
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.symlinkSync(from, to);
}
