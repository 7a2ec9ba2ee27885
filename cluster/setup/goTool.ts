import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../paths";
import { GoTool } from "../tools/manifest";
import { onPath } from "../tools/onPath";
import { madePath } from "../tools/tools";
import { run } from "./run";

/**
 * Builds a tool from its pinned modules. The tool's folder gets its name when all of it is there, so that a build that
 * was interrupted never looks finished; what it compiled stays in Go's own cache, and the next try goes on from there.
 */
export async function buildGoTool(tool: GoTool, progress: (text: string) => void): Promise<void> {
    const folder = path.dirname(madePath(tool));
    const draft = `${folder}.tmp`;
    fs.rmSync(draft, { recursive: true, force: true });
    fs.mkdirSync(draft, { recursive: true });
    progress("fetching modules");
    const total = await packageCount(tool);
    let compiled = 0;
    const onLine = (line: string): void => {
        if (line.startsWith("go: ")) return;
        compiled++;
        progress(compiled < total ? `${compiled} of ${total} packages` : "linking");
    };
    progress("compiling");
    const flags = ["-v", "-trimpath", "-buildvcs=false", "-ldflags", tool.ldflags, "-o", path.join(draft, tool.name)];
    await go(tool, ["build", ...flags, ...tags(tool), tool.package], draft, onLine);
    fs.renameSync(draft, folder);
}

/** Listing the packages downloads the modules they lie in. */
async function packageCount(tool: GoTool): Promise<number> {
    const listed = await go(tool, ["list", "-deps", "-f", "{{.ImportPath}}", ...tags(tool), tool.package]);
    return listed.split("\n").length;
}

function tags(tool: GoTool): string[] {
    return tool.tags ? [`-tags=${tool.tags}`] : [];
}

async function go(tool: GoTool, args: string[], temporary?: string, onLine?: (line: string) => void): Promise<string> {
    const [command, ...before] = endsWithUs("go");
    return run(command, [...before, ...args], {
        cwd: path.join(projectRoot(), tool.module),
        // Go's own scratch files go where the next set-up clears them away, should this one be killed.
        env: { CGO_ENABLED: "0", GOTOOLCHAIN: "local", ...(temporary && { GOTMPDIR: temporary }) },
        onLine,
    });
}

/** Has the kernel end the program when this process is killed, where that is possible: two builds side by side take twice as long. */
function endsWithUs(command: string): [string, ...string[]] {
    const setpriv = process.platform === "linux" ? onPath("setpriv") : undefined;
    return setpriv ? [setpriv, "--pdeathsig", "INT", command] : [command];
}
