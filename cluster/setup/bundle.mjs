// @ts-check
/**
 * Bundles the programs that must start fast: a plugin that loads its modules one by one takes a second, bundled a tenth of one.
 * Plain JavaScript, because it runs before anything is there that could run TypeScript.
 */
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { settle } from "../wholeFile.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const dist = path.join(root, ".upshift", "dist");
const stampFile = path.join(dist, "stamp");

/** Every bundle's name and the source it begins at; a source that does not exist makes no bundle. */
const entries = {
    "compile-cache": "cluster/setup/compileCache.ts",
    "keep-compiled": "cluster/setup/keepCompiled.ts",
    supervisor: "cluster/embedded/supervisor.ts",
    load: "rollout/load/main.ts",
    "mesh-look": "cluster/context/main.ts",
    "pulumi-resource-kubernetes": "plugins/kubernetes/main.ts",
    "pulumi-resource-random": "plugins/random/main.ts",
    "pulumi-language-nodejs": "plugins/language/main.ts",
    "pulumi-analyzer-policy-nodejs": "plugins/analyzer/main.ts",
    "ready-program": "plugins/language/readyProgram.ts",
    policies: "policies/index.ts",
    "kubernetes-client": "plugins/language/kubernetesClient.ts",
    zod: "plugins/language/zod.ts",
};

/** The CLI is split, so that a command loads what it needs: as one file it takes a fifth of a second to read. */
const cli = "systems/main.ts";
/** That of the npm package has no commands that only a checkout can use. */
const packagedCli = "rollout/main.ts";
/** For how long a command that runs may still ask for a part of the CLI that an older build made, in milliseconds. */
const oldPartsStay = 24 * 60 * 60 * 1000;

/** What can change a bundle: these folders' sources, and the installed packages. */
const sourceFolders = ["components", "rollout", "cluster", "plugins", "policies", "systems"];
const sourceFiles = ["package-lock.json"];

/** @type {Promise<void> | undefined} */
let bundled;

/**
 * Makes all bundles in `.upshift/dist` when a source has changed since the last time; a process asks once, when it begins. Two
 * processes may do so at the same time: each builds in a folder of its own and renames its files into place.
 */
export function bundleIfStale() {
    return (bundled ??= bundleWhatIsStale());
}

async function bundleWhatIsStale() {
    const stamp = stampOfSources();
    if (fs.existsSync(stampFile) && fs.readFileSync(stampFile, "utf8") === stamp) return;
    await bundle(stamp);
}

/** Bundles whatever the stamp says. @param {string} stamp what the bundles are made from */
async function bundle(stamp) {
    fs.mkdirSync(dist, { recursive: true });
    const workshop = fs.mkdtempSync(path.join(path.dirname(dist), "bundling-"));
    try {
        const whole = /** @type {(keyof typeof entries)[]} */ (Object.keys(entries));
        const isThere = (/** @type {string} */ source) => fs.existsSync(path.join(root, source));
        await Promise.all([
            bundleWhole(
                whole.filter((name) => isThere(entries[name])),
                workshop,
            ),
            ...(isThere(cli) ? [inParts(cli, workshop)] : []),
        ]);
        fs.writeFileSync(path.join(workshop, "stamp"), stamp);
        settle(workshop);
        // What begins something comes after its parts, and the stamp after all.
        const made = fs.readdirSync(workshop).sort((a, b) => rank(a) - rank(b));
        for (const file of made) fs.renameSync(path.join(workshop, file), path.join(dist, file));
        // What was kept of older ones, which is in nobody's way, but for the room that it takes.
        fs.rmSync(path.join(dist, "compiled"), { recursive: true, force: true });
        for (const file of fs.readdirSync(dist).filter((name) => isPart(name) && !made.includes(name)))
            if (Date.now() - fs.statSync(path.join(dist, file)).mtimeMs > oldPartsStay)
                fs.rmSync(path.join(dist, file));
    } finally {
        fs.rmSync(workshop, { recursive: true, force: true });
    }
}

/**
 * Bundles the CLI for the npm package, in which there is nothing to bundle anew.
 *
 * @param {string} outdir
 */
export async function splitCli(outdir) {
    await bundleWhole(["compile-cache"], outdir);
    await inParts(packagedCli, outdir, { UPSHIFT_INSTALLED: "true" });
}

/**
 * Bundles programs into one file each.
 *
 * @param {readonly (keyof typeof entries)[]} names @param {string} outdir
 */
export async function bundleWhole(names, outdir) {
    const { build } = await import("esbuild");
    await build({
        ...common,
        entryPoints: Object.fromEntries(names.map((name) => [name, entries[name]])),
        outdir,
        outExtension: { ".js": ".cjs" },
        format: "cjs",
        ...ownAddress,
    });
}

/**
 * A program in parts, as CommonJS: those V8 compiles but once (compileCache.ts). esbuild splits ES modules alone, so that each part is
 * turned into CommonJS after that.
 *
 * @param {string} entry @param {string} outdir @param {Record<string, string>} [define]
 */
async function inParts(entry, outdir, define = {}) {
    const { build, transform } = await import("esbuild");
    const { outputFiles } = await build({
        ...common,
        entryPoints: { cli: entry },
        outdir,
        outExtension: { ".js": ".cjs" },
        format: "esm",
        splitting: true,
        define,
        plugins: [...common.plugins, nothingStale],
        write: false,
    });
    fs.mkdirSync(outdir, { recursive: true });
    await Promise.all(
        outputFiles.map(async ({ path: file, text }) => {
            const { code } = await transform(text, {
                format: "cjs",
                platform: "node",
                target: common.target,
                minifyWhitespace: true,
                minifySyntax: true,
                // A part that is asked for late is loaded as the others are.
                supported: { "dynamic-import": false },
                ...(text.includes("import.meta.url") && { banner: ownAddress.banner.js, define: ownAddress.define }),
            });
            fs.writeFileSync(file, code);
        }),
    );
}

/** Parts of the CLI, by this or an earlier way to make them. @param {string} file */
function isPart(file) {
    return file.endsWith(".mjs") || (file.endsWith(".cjs") && !(path.parse(file).name in entries));
}

/** @param {string} file */
function rank(file) {
    if (file === "stamp") return 2;
    return file === "cli.cjs" ? 1 : 0;
}

/**
 * The policy SDK asks the Pulumi SDK for two classes by way of its index, which loads all of it: half a second at each start.
 *
 * @type {import("esbuild").Plugin}
 */
const slimSdk = {
    name: "slim-sdk",
    setup: (build) =>
        build.onResolve({ filter: /^@pulumi\/pulumi$/ }, ({ importer }) =>
            importer.includes("/@pulumi/policy/") ? { path: path.join(root, "policies", "sdk.ts") } : undefined,
        ),
};

/**
 * The CLI asks nothing of this module: its starter has, and one look at the sources is enough.
 *
 * @type {import("esbuild").Plugin}
 */
const nothingStale = {
    name: "nothing-stale",
    setup: (build) => {
        build.onResolve({ filter: /\/setup\/bundle\.mjs$/ }, () => ({ path: "bundle", namespace: "nothing-stale" }));
        build.onLoad({ filter: /.*/, namespace: "nothing-stale" }, () => ({
            contents: "export async function bundleIfStale() {}",
        }));
    },
};

/**
 * Kubernetes' client asks the index of its classes for two functions of its connection: whoever connects would load a class for each
 * of a thousand kinds, a megabyte.
 *
 * @type {import("esbuild").Plugin}
 */
const leanClient = {
    name: "lean-client",
    setup: (build) => {
        build.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer, resolveDir }) =>
            importer.endsWith("/@kubernetes/client-node/dist/config.js")
                ? { path: path.join(resolveDir, "gen"), namespace: "lean-client" }
                : undefined,
        );
        build.onLoad({ filter: /.*/, namespace: "lean-client" }, ({ path: resolveDir }) => ({
            contents: `export { createConfiguration } from "./configuration.js"; export { ServerConfiguration } from "./servers.js";`,
            resolveDir,
        }));
    },
};

/** Packages written as ES modules ask for their own address, which CommonJS knows as __filename. */
const ownAddress = {
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "importMetaUrl" },
};

/** What all bundles share. @satisfies {import("esbuild").BuildOptions} */
const common = {
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20",
    keepNames: true,
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    logLevel: "error",
    // esbuild finds its own executable beside itself; the SDK wants the other two to turn functions into text, which no bundle does.
    external: ["esbuild", "typescript", "@npmcli/arborist"],
    plugins: [slimSdk, leanClient],
    // node-fetch 2 asks it only for URL, which Node has; it would bring in punycode, of which newer Nodes warn.
    alias: { "whatwg-url": "node:url" },
};

/** A digest over name, size and time of every source. Contents are not read: that keeps a fresh start under 30 ms. */
function stampOfSources() {
    const files = [
        ...sourceFiles.map((name) => `${root}/${name}`),
        ...sourceFolders.flatMap((name) => sourcesIn(`${root}/${name}`)),
    ];
    const lines = files.map((file) => {
        const { size, mtimeMs } = fs.statSync(file);
        return `${file.slice(root.length)} ${size} ${mtimeMs}`;
    });
    return crypto.createHash("sha256").update(lines.join("\n")).digest("hex");
}

/** Paths put together by hand: of a thousand, `path.join` takes as long as the file system. @param {string} folder @returns {string[]} */
function sourcesIn(folder) {
    if (!fs.existsSync(folder)) return [];
    return fs
        .readdirSync(folder, { withFileTypes: true })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((entry) => {
            const name = `${folder}/${entry.name}`;
            if (entry.isDirectory()) return sourcesIn(name);
            return /\.(ts|mjs)$/.test(entry.name) ? [name] : [];
        });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void bundleIfStale();
