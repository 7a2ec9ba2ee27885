import { stringify } from "yaml";

/** Where the pack stands in a project. */
export const packFolder = "policies";

/**
 * A policy pack with all policies of the package, for `pulumi up --policy-pack policies`: it finds its modules in the project's own
 * `node_modules`.
 */
export function packFiles(project: string): Record<string, string> {
    return {
        [`${packFolder}/PulumiPolicy.yaml`]: stringify({
            description: "Refuses what would take traffic from its users, or give it to a version too soon.",
            runtime: { name: "nodejs", options: { typescript: false } },
            main: "index.cjs",
        }),
        [`${packFolder}/package.json`]: `${JSON.stringify({ name: `${project}-policies`, version: "0.1.0", private: true, main: "index.cjs" }, undefined, 4)}\n`,
        [`${packFolder}/index.cjs`]: [
            'const { PolicyPack } = require("@pulumi/policy");',
            'const { policies } = require("upshift/policies");',
            "",
            `new PolicyPack(${JSON.stringify(project)}, { enforcementLevel: "mandatory", policies });`,
            "",
        ].join("\n"),
    };
}
