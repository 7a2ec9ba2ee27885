import { execa } from "execa";
import { projectRoot } from "../cluster/paths";
import { Environment, pulumiEnvironment } from "./env";

/** The stack that commands are about when none is named. */
export const defaultStack = "dev";

/**
 * Runs Pulumi in the project's folder with the project's own state, and gives back what it printed.
 *
 * @throws when it fails; the message is what it printed.
 */
export async function pulumi(args: readonly string[]): Promise<string> {
    const result = await execa("pulumi", [...args, "--non-interactive"], { ...(await options()), reject: false });
    if (result.exitCode === 0) return result.stdout;
    throw new Error(`pulumi ${args.join(" ")} failed:\n${`${result.stdout}\n${result.stderr}`.trim()}`);
}

/** Runs Pulumi and lets the user see what it prints. @throws when it fails */
export async function pulumiShown(args: readonly string[]): Promise<void> {
    const { exitCode } = await execa("pulumi", [...args], {
        ...(await options()),
        reject: false,
        stdio: ["ignore", "inherit", "inherit"],
    });
    if (exitCode !== 0)
        throw new Error(`pulumi ${args.join(" ")} failed with exit code ${exitCode}; what it printed stands above.`);
}

async function options(): Promise<{ cwd: string; env: Environment }> {
    return { cwd: projectRoot(), env: await pulumiEnvironment() };
}
