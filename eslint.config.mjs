import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** What each folder may know of the others. Data flows one way. */
const mayKnow = {
    "components/traffic": [],
    components: [],
    policies: ["components", "cluster"],
    plugin: ["components"],
    cluster: ["components"],
    plugins: ["components", "cluster"],
    rollout: ["components", "cluster", "plugins"],
    systems: ["components", "cluster", "rollout"],
    audit: ["components", "cluster"],
};
const folders = [
    "components",
    "policies",
    "plugins",
    "plugin",
    "cluster",
    "rollout",
    "systems",
    "audit",
    "test",
    "bench",
];

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
    ...tseslint.configs.strictTypeChecked,
    {
        files: ["**/*.ts", "**/*.mjs"],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        plugins: { "@pulumi": pulumi },
        rules: {
            "@pulumi/no-output-in-template-literal": "error",
            "@pulumi/no-output-instance-in-template-literal": "error",
            // A number in a text is what it looks like; a function of one call needs no braces.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
            "@typescript-eslint/no-import-type-side-effects": "error",
            // The Kubernetes client's classes are plain data, which its own documentation writes as object literals.
            "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
            // What is taken out of an object only so that the rest is left.
            "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
            // What rejects is an Error: `only-throw-error` and `prefer-promise-reject-errors` hold.
            "@typescript-eslint/use-unknown-in-catch-callback-variable": "off",
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
    ...["components", "policies", "plugins", "plugin", "cluster", "rollout", "systems", "audit"].map((folder) => ({
        files: [`${folder}/**/*.{ts,mjs}`],
        ignores: ["components/traffic/**"],
        rules: { "no-restricted-imports": ["error", { patterns: outside(folder) }] },
    })),
    {
        files: ["test/**/*.{ts,mjs}"],
        rules: {
            // Stand-ins are objects of closures, and what is taken out of them has no `this`.
            "@typescript-eslint/unbound-method": "off",
            // A stand-in is async because what it stands for is.
            "@typescript-eslint/require-await": "off",
            // A pod's status is spread into another one: plain data, though the client calls it a class.
            "@typescript-eslint/no-misused-spread": "off",
            // What `before` was to make is not there where it failed, and `after` runs all the same: `cluster?.stop()`.
            "@typescript-eslint/no-unnecessary-condition": "off",
            // What a program asked for is recorded without its type: a test names it where it reads it.
            "@typescript-eslint/no-unnecessary-type-parameters": "off",
            // A variable of the environment goes away by `delete` alone.
            "@typescript-eslint/no-dynamic-delete": "off",
        },
    },
    // Mocha loads a reporter by require.
    { files: ["**/*.cjs"], ...tseslint.configs.disableTypeChecked },
    { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
