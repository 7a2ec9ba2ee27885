import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

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
                        {
                            regex: "^(\\.\\./){2,}(mesh|split|systems|workloads|cluster|rollout|policies|plugins|program|index)(/|$)",
                            message: "Data flows one way: others import components/traffic, never the reverse.",
                        },
                    ],
                },
            ],
        },
    },
    // Mocha loads a reporter by require.
    { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
