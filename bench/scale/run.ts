import { execFile } from "node:child_process";
import { seconds } from "../timing";

export const up = ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"];

/**
 * Runs a command to its end.
 *
 * @param limit seconds after which it is ended.
 * @returns the seconds that it took.
 * @throws when it fails or takes longer, with the end of what it printed.
 */
export function run(
    command: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
    limit: number,
): Promise<number> {
    const settings = { ...options, timeout: limit * 1000, killSignal: "SIGINT", maxBuffer: 1 << 30 } as const;
    return seconds(
        () =>
            new Promise<void>((resolve, reject) => {
                execFile(command, args, settings, (error, stdout, stderr) => {
                    if (!error) return resolve();
                    const why = error.killed ? `took longer than ${limit} s` : "failed";
                    reject(new Error(`${command} ${args.join(" ")} ${why}:\n${`${stdout}\n${stderr}`.slice(-4000)}`));
                });
            }),
    );
}
