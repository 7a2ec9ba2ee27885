import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** What each folder may know of the others. Data flows one way. */
const mayKnow = {
    "components/traffic": [],
    components: [],
    policies: ["components", "cluster"],
    plugin: ["components"],
    cluster: ["components"],
    plugins: ["cluster"],
    rollout: ["components", "cluster", "plugins"],
    systems: ["components", "cluster", "rollout"],
};
const folders = ["components", "policies", "plugins", "plugin", "cluster", "rollout", "systems", "test", "bench"];

/** Imports that lead out of a folder to one that it may not know. @param {keyof typeof mayKnow} folder */
function outside(folder) {
    const [own = ""] = folder.split("/");
    const others = folders.filter((one) => one !== own && !mayKnow[folder].includes(one));
    const siblings = folder === "components/traffic" ? ["mesh", "split", "workloads", "index"] : [];
    const message = `${folder} may know ${mayKnow[folder].join(", ") || "no other folder"}: data flows one way (eslint.config.mjs).`;
    return [
        { regex: `^(\\.\\./)+(${others.join("|")}|index)(/|$)`, message },
        ...(siblings.length > 0 ? [{ regex: `^(\\.\\./){2,}(${siblings.join("|")})(/|$)`, message }] : []),
    ];
}

export default tseslint.config(
    { ignores: ["node_modules", ".upshift", "dist", "eslint.config.mjs"] },
    ...tseslint.configs.recommended,
    {
        files: ["**/*.ts", "**/*.mjs"],
        languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
        plugins: { "@pulumi": pulumi },
        rules: {
            "@pulumi/no-output-in-template-literal": "error",
            "@pulumi/no-output-instance-in-template-literal": "error",
            "@typescript-eslint/no-floating-promises": "error",
        },
    },
    {
        // The judge is pure and knows no engine: hooks, pack, plan, guard and tests must get one and the same answer from it.
        files: ["components/traffic/**/*.ts"],
        rules: {
            "no-restricted-imports": [
                "error",
                {
                    patterns: [
                        {
                            group: ["@pulumi/*", "node:*", "@kubernetes/*"],
                            message:
                                "components/traffic knows no engine, file or cluster: read those outside, and pass a World.",
                        },
                        ...outside("components/traffic"),
                    ],
                },
            ],
        },
    },
    // Every folder of the product: which others it may know. `systems` is the top, and nothing of the product knows a demo system.
    ...["components", "policies", "plugins", "plugin", "cluster", "rollout", "systems"].map((folder) => ({
        files: [`${folder}/**/*.{ts,mjs}`],
        ignores: ["components/traffic/**"],
        rules: { "no-restricted-imports": ["error", { patterns: outside(folder) }] },
    })),
    // Mocha loads a reporter by require.
    { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
