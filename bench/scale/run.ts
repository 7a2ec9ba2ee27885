import { execFile } from "node:child_process";
import { cpuIn, timedScript } from "../measures/costOf";

export const up = ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"];

/** What a command took, in seconds. */
export interface Took {
    readonly seconds: number;
    /** User and system time of it and of all that it has started: the same on a machine that has other work to do, or nearly so. */
    readonly cpu: number;
}

/** Two, one after the other. */
export function sumOf(one: Took, other: Took): Took {
    return { seconds: one.seconds + other.seconds, cpu: one.cpu + other.cpu };
}

/**
 * Runs a command to its end.
 *
 * @param limit seconds after which it is ended.
 * @throws when it fails or takes longer, with the end of what it printed.
 */
export async function run(
    command: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
    limit: number,
): Promise<Took> {
    // Its whole group is told to end, which a signal to the shell alone would not do.
    const ended = ["timeout", "--signal=INT", "--kill-after=60", String(Math.max(1, Math.ceil(limit)))];
    const whole = ["-c", timedScript, "bash", ...ended, command, ...args];
    const began = performance.now();
    const told = await new Promise<string>((resolve, reject) => {
        execFile("bash", whole, { ...options, maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
            if (!error) {
                resolve(stderr);
                return;
            }
            const why = error.code === 124 ? `took longer than ${limit} s` : "failed";
            reject(new Error(`${command} ${args.join(" ")} ${why}:\n${`${stdout}\n${stderr}`.slice(-4000)}`));
        });
    });
    return { seconds: (performance.now() - began) / 1000, cpu: cpuIn(told) };
}
