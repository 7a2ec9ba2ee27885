// @ts-check
/**
 * Packages of many modules that programs of ours have as one file each, by its name in `.upshift/dist`, with what they ask for of it:
 * kubernetesClient.ts and zod.ts.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const inOne = {
    "kubernetes-client.cjs": ["config", "gen/http/http", "gen/http/isomorphic-fetch", "portforward"].map(
        (name) => `@kubernetes/client-node/dist/${name}.js`,
    ),
    "zod.cjs": ["zod"],
};
