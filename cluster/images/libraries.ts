import { run } from "../setup/run";

/** The shared libraries, and the loader, that programs need to run: what `ldd` names, sorted, each once. */
export async function librariesOf(programs: readonly string[]): Promise<string[]> {
    return librariesIn(await run("ldd", programs));
}

/** Reads ldd's answer: `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)`, or `/lib64/ld-linux-x86-64.so.2 (0x…)`. */
export function librariesIn(answer: string): string[] {
    const missing = /^\s*(\S+) => not found$/m.exec(answer);
    if (missing) throw new Error(`${missing[1]} is missing on this machine, and a program of an image needs it.`);
    return [...new Set([...answer.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((match) => match[1] as string))].sort();
}
