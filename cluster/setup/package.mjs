// @ts-check
/**
 * Builds the npm package into `dist`: the components, the policies, the plugin for other languages and the CLI. The checkout itself
 * runs from its sources, and needs none of it.
 *
 *     npm run build
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleWhole, splitCli } from "./bundle.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const dist = path.join(root, "dist");
const require = createRequire(import.meta.url);

/** Each module that others load, and the source it begins at. */
const modules = { index: "components/index.ts", policies: "policies/policies.ts", plugin: "plugin/serve.ts" };

/**
 * kubernetesx: its peers are the Pulumi of 2020, so that npm would refuse to install it beside today's. What is used of it, the pod
 * builder, works with today's, and comes along. So does the Kubernetes client, as one file for all modules (kubernetesClient.ts).
 *
 * @type {import("esbuild").Plugin}
 */
const withSome = {
    name: "with-some",
    setup: (build) => {
        build.onResolve({ filter: /^@pulumi\/kubernetesx$/ }, ({ path: name }) => ({ path: require.resolve(name) }));
        build.onResolve({ filter: /^@kubernetes\/client-node\// }, () => ({
            path: "./kubernetes-client.cjs",
            external: true,
        }));
    },
};

fs.rmSync(dist, { recursive: true, force: true });
await build({
    absWorkingDir: root,
    entryPoints: modules,
    outdir: dist,
    bundle: true,
    packages: "external",
    plugins: [withSome],
    platform: "node",
    format: "cjs",
    target: "node20",
    // The engine knows a component by its class.
    keepNames: true,
    sourcemap: true,
    logLevel: "warning",
});
await bundleWhole(["kubernetes-client"], dist);
await splitCli(path.join(dist, "cli"));
declare();

/** Writes the types: one declaration a source, for what the modules export. */
function declare() {
    const compiler = require.resolve("typescript/bin/tsc");
    const { status } = spawnSync(process.execPath, [compiler, "-p", path.join(root, "components")], {
        stdio: "inherit",
    });
    if (status !== 0) process.exit(status ?? 1);
}
