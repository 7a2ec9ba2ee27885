import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs, promisify } from "node:util";
import { projectRoot, stateDir } from "../cluster/paths";
import { run } from "../cluster/setup/run";
import { madePath } from "../cluster/tools/tools";
import { UserError } from "../components/userError";
import { audited } from "./audited";

/**
 * `npm run sbom [-- --out FOLDER]`: what everything is made of, as CycloneDX: one file for the npm lock, and one for each Go program
 * that is built, read from the program itself. Without a flag they go to .upshift/sbom.
 */
async function main(): Promise<void> {
    const { values } = parseArgs({ options: { out: { type: "string" } } });
    const out = values.out === undefined ? stateDir("sbom") : path.resolve(values.out);
    fs.mkdirSync(out, { recursive: true });
    const write = (name: string, text: string): void => {
        const file = path.join(out, `${name}.cdx.json`);
        fs.writeFileSync(file, text);
        const { components = [] } = JSON.parse(text) as { components?: unknown[] };
        console.log(`${file}: ${components.length} components`);
    };
    const npm = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"];
    const { stdout } = await promisify(execFile)("npm", npm, { cwd: projectRoot(), maxBuffer: 1 << 26 });
    write("npm", stdout);
    const missing = audited.filter((tool) => !fs.existsSync(madePath(tool)));
    for (const tool of audited.filter((one) => !missing.includes(one))) {
        const args = ["tool", "cyclonedx-gomod", "bin", "-json", "-std", madePath(tool)];
        write(`go-${tool.name}`, await run("go", args, { cwd: path.join(projectRoot(), "audit") }));
    }
    if (missing.length === 0) return;
    const names = missing.map(({ name }) => name).join(", ");
    throw new UserError({
        what: `${names} are not built yet, and so not in it.`,
        fix: "npx upshift setup --for-tests",
    });
}

main().catch((error: Error) => {
    console.error(`sbom: ${error.message}`);
    process.exitCode = 2;
});
