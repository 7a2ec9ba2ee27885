import { execFile } from "node:child_process";
import { onPath } from "./tools/onPath";

/** What a program said. */
export interface Answer {
    /** Its exit code; undefined when it is not there, was killed, or took too long. */
    readonly code?: number | undefined;
    readonly stdout: string;
    readonly stderr: string;
}

/** Milliseconds within which a program that is only asked something must have answered. */
const timeoutMs = 20_000;

/** Asks a program something. That it fails, or is not there, is an answer too. */
export function ask(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Answer> {
    return new Promise((resolve) => {
        const options = { timeout: timeoutMs, maxBuffer: 1 << 26, env: { ...process.env, ...env } };
        execFile(onPath(program) ?? program, args, options, (error, stdout, stderr) => {
            const code = error ? (typeof error.code === "number" ? error.code : undefined) : 0;
            resolve({ code, stdout: stdout.trim(), stderr: plain(stderr) || (error && !stderr ? error.message : "") });
        });
    });
}

/** The last line that a program said about its failure, without colours and times. */
export function complaint({ stdout, stderr }: Answer): string {
    const lines = (stderr || stdout).split("\n").filter((line) => line.trim() !== "");
    const last = lines.findLast((line) => /fata|error|cannot|exiting/i.test(line)) ?? lines.at(-1) ?? "it said nothing";
    return last.replace(/^\s*(FATA|ERRO|WARN)\[\d+\]\s*/, "").trim();
}

/** The first version number that a program prints when asked, such as `5.8.3`. */
export async function versionOf(program: string, args: readonly string[]): Promise<string | undefined> {
    return /\d+\.\d+\.\d+/.exec((await ask(program, args)).stdout)?.[0];
}

/** Without the codes of a terminal. */
function plain(text: string): string {
    return text.replace(/\u001b\[[0-9;]*m/g, "").trim();
}
