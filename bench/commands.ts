import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { projectRoot } from "../cluster/paths";
import { surroundings } from "../rollout/pulumi";
import { seconds } from "./timing";

/** Runs a command to its end. @returns the seconds that it took */
type Timed = (...args: string[]) => Promise<number>;

/** Whole commands, as a user starts them, in this project's surroundings. What they say is thrown away; one that fails is an error. */
export async function commands(): Promise<{ pulumi: Timed; upshift: Timed }> {
    const { cwd, env } = await surroundings();
    const timed = (program: string, first: readonly string[], good: readonly number[]): Timed => {
        return (...args) =>
            seconds(async () => {
                const child = spawn(program, [...first, ...args], { cwd, env, stdio: "ignore" });
                const [code] = (await once(child, "exit")) as [number | null];
                if (!good.includes(code ?? -1)) throw new Error(`${program} ${args.join(" ")} ended with ${code}`);
            });
    };
    return {
        pulumi: timed("pulumi", [], [0]),
        // With 1 a command says that it has findings.
        upshift: timed(process.execPath, [path.join(projectRoot(), "bin", "upshift.mjs")], [0, 1]),
    };
}
