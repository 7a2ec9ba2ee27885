import { spawn } from "node:child_process";
import { once } from "node:events";
import { projectRoot } from "../../cluster/paths";
import { pulumiEnvironment } from "../../rollout/env";

/** Starts Pulumi and kills it, with all its plugins, as soon as it prints a word. @throws when it ends without printing it */
export async function killDuring(args: readonly string[], word: string): Promise<void> {
    const env = { ...process.env, ...(await pulumiEnvironment()) };
    const child = spawn("pulumi", [...args, "--non-interactive"], {
        cwd: projectRoot(),
        env,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes(word) && child.pid) process.kill(-child.pid, "SIGKILL");
    });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== null) throw new Error(`Pulumi ended with ${code} before it printed "${word}":\n${printed}`);
}
