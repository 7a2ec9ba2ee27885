import * as crypto from "node:crypto";
import * as path from "node:path";
import { projectRoot } from "../paths";
import { type GoTool, goTools, testTools, toolsModule } from "../tools/manifest";
import { run } from "./run";

/**
 * What each tool of the common module is built of: a digest of the versions of all modules that have a part in it. It names the tool's folder in
 * the cache, so that raising one module builds anew what it is in, and nothing else. Asking Go takes seconds, and so it is written down.
 *
 * @returns digests by the tools' names, as they belong into cluster/tools/builtOf.json
 */
export async function builtOf(): Promise<Record<string, string>> {
    const digests = new Map<string, string>();
    for (const tool of [...goTools, ...testTools].filter(({ module }) => module === toolsModule)) {
        const modules = [...new Set((await list(tool)).split("\n"))].filter((line) => line !== "").sort();
        digests.set(tool.name, crypto.createHash("sha256").update(modules.join("\n")).digest("hex").slice(0, 16));
    }
    return Object.fromEntries(digests);
}

/** Of one platform for all: which versions there are depends on none. */
function list(tool: GoTool): Promise<string> {
    const chosen = "{{with .Replace}}{{.Path}} {{.Version}}{{else}}{{.Path}} {{.Version}}{{end}}";
    const format = `{{with .Module}}{{if not .Main}}${chosen}{{end}}{{end}}`;
    return run("go", ["list", "-deps", "-f", format, ...(tool.tags ? [`-tags=${tool.tags}`] : []), tool.package], {
        cwd: path.join(projectRoot(), tool.module),
        env: { CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOOS: "linux", GOARCH: "amd64" },
    });
}
