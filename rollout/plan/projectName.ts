import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../cluster/paths";

/** The project's name, as Pulumi.yaml has it; the folder's, where there is no project, of which Pulumi then tells. */
export function projectName(folder = projectRoot()): string {
    const file = path.join(folder, "Pulumi.yaml");
    if (!fs.existsSync(file)) return path.basename(folder);
    const { name } = parse(fs.readFileSync(file, "utf8")) as { name: string };
    return name;
}
