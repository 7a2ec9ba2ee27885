import * as fs from "node:fs";
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../cluster/paths";
import { GoBuilds } from "../../cluster/setup/goBuilds";
import type { GoTool } from "../../cluster/tools/manifest";
import { madePath } from "../../cluster/tools/tools";

/** The controllers that are measured beside us, from the modules that their go.mod pins. Nothing but the bench ever builds them. */
export const otherTools = {
    argo: tool(
        "rollouts-controller",
        "1.9.1",
        "bench/argo",
        "github.com/argoproj/argo-rollouts/cmd/rollouts-controller",
    ),
    flagger: tool("flagger", "1.36.1", "bench/flagger", "github.com/fluxcd/flagger/cmd/flagger"),
} as const;

export type Other = keyof typeof otherTools;

function tool(name: string, version: string, module: string, pkg: string): GoTool {
    return { kind: "go", name, version, module, package: pkg, ldflags: "-s -w" };
}

/** The program of a controller, which is built where it is not there yet. */
export async function otherTool(name: Other): Promise<string> {
    const wanted = otherTools[name];
    if (!fs.existsSync(madePath(wanted))) {
        console.log(`building ${wanted.name} ${wanted.version} from its module (once; minutes)`);
        await new GoBuilds(() => [wanted]).build(wanted, () => undefined);
    }
    return madePath(wanted);
}

/** A file of the module that a controller is built from, such as its CRDs. */
export async function moduleFile(name: Other, file: string): Promise<string> {
    const { module, package: pkg } = otherTools[name];
    const where = { cwd: path.join(projectRoot(), module), env: { ...process.env, GOTOOLCHAIN: "local" } };
    const listed = await promisify(execFile)("go", ["list", "-f", "{{.Module.Dir}}", pkg], where);
    return path.join(listed.stdout.trim(), file);
}
