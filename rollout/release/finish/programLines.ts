import * as fs from "node:fs";
import * as path from "node:path";
import { literalRegex } from "../../../components/traffic/split/requestMatch";

/** Languages in which Pulumi programs are written; JSON is what CDK-like generators leave. */
const extensions = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".py", ".go", ".cs", ".java", ".yaml", ".yml"];
const notTheirs = ["node_modules", "test", "tests", "dist", "build", "bin", "obj", "docs", "examples", "venv"];
const mostFiles = 500;
const mostLines = 8;
const longestLine = 100;

/**
 * The lines of a project's program that name a version as a text of its own, in the files that are about a service: where it is to be
 * left out. Only what it looks like; what the program makes of it, it alone knows.
 *
 * @returns `index.ts:8: versions: ["v1", "v2"],`, eight at most.
 */
export function programLines(folder: string, services: readonly string[], version: string): string[] {
    const about = new RegExp(`TrafficSplit|VersionedService|${services.map(literalRegex).join("|")}`);
    const code = new RegExp(`(["'\`])${literalRegex(version)}\\1`);
    const yaml = new RegExp(`(^|[\\s:[{,-])["']?${literalRegex(version)}["']?\\s*([:,\\]}#]|$)`);
    const found: string[] = [];
    for (const file of filesIn(folder).slice(0, mostFiles)) {
        const text = fs.readFileSync(file, "utf8");
        if (!about.test(text)) continue;
        const named = /\.ya?ml$/.test(file) ? yaml : code;
        text.split("\n").forEach((line, index) => {
            if (!named.test(line) || /^\s*apiVersion:/.test(line)) return;
            found.push(`${path.relative(folder, file)}:${index + 1}: ${line.trim().slice(0, longestLine)}`);
        });
    }
    return found.slice(0, mostLines);
}

/** The program's files. Pulumi.yaml may be the program; the stacks' own are config. */
function filesIn(folder: string): string[] {
    return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry): string[] => {
        const at = path.join(folder, entry.name);
        if (entry.isDirectory()) return entry.name.startsWith(".") || notTheirs.includes(entry.name) ? [] : filesIn(at);
        const isConfig = /^Pulumi\..+\.yaml$/.test(entry.name);
        return entry.isFile() && extensions.includes(path.extname(entry.name)) && !isConfig ? [at] : [];
    });
}
