import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { projectRoot } from "../cluster/paths";
import { pulumiEnvironment } from "./env";

/** The stack that commands are about when none is named. */
export const defaultStack = "dev";

/**
 * Runs Pulumi in the project's folder with the project's own state, and gives back its standard output.
 *
 * @param folder of another project, which has its own state.
 * @throws when it fails; the message is all that it printed.
 */
export async function pulumi(args: readonly string[], folder?: string): Promise<string> {
    return (await pulumiWords(args, folder)).stdout;
}

/** The same with standard error, where Pulumi says what is no result: messages of the program and of hooks among them. */
export async function pulumiWords(
    args: readonly string[],
    folder?: string,
): Promise<{ stdout: string; stderr: string }> {
    const settings = { ...(await surroundings(folder)), maxBuffer: 1 << 30 };
    return new Promise((resolve, reject) => {
        execFile("pulumi", [...args, "--non-interactive"], settings, (error, stdout, stderr) => {
            if (!error) {
                resolve({ stdout, stderr });
                return;
            }
            // One that could not even be started has printed nothing.
            const words = `${stdout}\n${stderr}`.trim() || error.message;
            reject(new Error(`pulumi ${args.join(" ")} failed:\n${words}`));
        });
    });
}

/**
 * Runs Pulumi and lets the user see what it prints.
 *
 * @param isBesideData whether standard output is kept for data, so that all of it goes to standard error.
 * @throws when it fails
 */
export async function pulumiShown(args: readonly string[], isBesideData = false): Promise<void> {
    const child = spawn("pulumi", args, { ...(await surroundings()), stdio: ["ignore", isBesideData ? 2 : 1, 2] });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed; what it printed stands above.`);
}

/** Where and with which environment Pulumi runs: another project than this one keeps its own state. */
export async function surroundings(folder?: string): Promise<{ cwd: string; env: NodeJS.ProcessEnv }> {
    const environment = await pulumiEnvironment(undefined, folder !== undefined);
    return { cwd: folder ?? projectRoot(), env: { ...process.env, ...environment } };
}
