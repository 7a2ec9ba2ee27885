import * as path from "node:path";
import { projectRoot } from "../paths";
import type { GoTool } from "../tools/manifest";
import { madePath } from "../tools/tools";
import { makeFolder } from "./draft";
import { run, type RunOptions } from "./run";

/**
 * Builds a tool from its pinned modules. What an interrupted build has compiled stays in Go's own cache, and the next
 * try goes on from there.
 */
export async function buildGoTool(tool: GoTool, progress: (text: string) => void): Promise<void> {
    await makeFolder(path.dirname(madePath(tool)), async (draft) => {
        progress("fetching modules");
        const total = await packageCount(tool);
        progress("compiling");
        let compiled = 0;
        const onLine = (): void => {
            compiled++;
            progress(compiled < total ? `${compiled} of ${total} packages` : "linking");
        };
        const flags = ["-v", "-trimpath", "-buildvcs=false", "-ldflags", tool.ldflags];
        // Go's scratch files go into the draft too, and with it.
        const env = { GOTMPDIR: draft };
        await go(tool, ["build", ...flags, "-o", path.join(draft, tool.name)], { env, onLine });
    });
}

/** Listing the packages downloads the modules they lie in. */
async function packageCount(tool: GoTool): Promise<number> {
    const listed = await go(tool, ["list", "-deps", "-f", "{{.ImportPath}}"]);
    return listed.split("\n").length;
}

async function go(tool: GoTool, args: string[], options: RunOptions = {}): Promise<string> {
    const tags = tool.tags ? [`-tags=${tool.tags}`] : [];
    return run("go", [...args, ...tags, tool.package], {
        ...options,
        cwd: path.join(projectRoot(), tool.module),
        env: { ...options.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local" },
        endsWithUs: true,
    });
}
