import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

/** A stack's own name, without the organisation and the project before it: `prod` of `acme/shop/prod`. Pulumi names files by it. */
export function ownName(stack: string): string {
    return stack.split("/").at(-1) ?? stack;
}

/** What Pulumi calls the file of a stack's config. */
export function configFileName(stack: string): string {
    return `Pulumi.${ownName(stack)}.yaml`;
}

/** Where a stack's config stands: in the file that Pulumi is told of, beside Pulumi.yaml, or in the folder that this names. */
export function configFile(root: string, stack: string): string {
    const { PULUMI_OPTION_CONFIG_FILE: other } = process.env;
    if (other) return path.resolve(root, other);
    const project = path.join(root, "Pulumi.yaml");
    // A project that is yet to be made names none.
    const text = fs.existsSync(project) ? fs.readFileSync(project, "utf8") : "{}";
    const { stackConfigDir, config } = parse(text) as Record<string, unknown>;
    const folder = [stackConfigDir, config].find((one) => typeof one === "string") ?? ".";
    return path.join(root, folder, configFileName(stack));
}
