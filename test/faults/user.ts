import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { readCluster } from "../../cluster/embedded/cluster";
import { projectRoot } from "../../cluster/paths";
import { surroundings } from "../../rollout/pulumi";

/** How a command ended. */
export interface Ended {
    /** As README writes it: `pulumi up`. */
    readonly command: string;
    /** null where it was killed. */
    readonly code: number | null;
    readonly printed: string;
}

/** A command that runs. */
export interface Running {
    readonly pid: number;
    readonly ended: Promise<Ended>;
}

/** Commands that a user types, by what README calls them. */
export type Command = "pulumi up" | "pulumi cancel" | "npx upshift cluster up" | `npx upshift ${string}`;

/** A command that has not ended after so long hangs, in milliseconds. */
const hangs = 300_000;
/** So many commands after a fault are enough, or nobody knows the way on. */
const patience = 6;

/** Somebody at a terminal, who knows README and reads what commands print. */
export class User {
    /** All that was typed since the fault. */
    readonly typed: string[] = [];

    /** @param prefix a command that each of theirs is begun with, such as one that enters a namespace. */
    constructor(
        private readonly stack: string,
        private readonly prefix: readonly string[] = [],
    ) {}

    /** Starts a command in a group of its own, as a terminal does. */
    async start(command: Command): Promise<Running> {
        const { cwd, env } = await surroundings();
        const [program = "", ...args] = [...this.prefix, ...this.asTyped(command)];
        const child = spawn(program, args, {
            cwd,
            env: { ...env, NO_COLOR: "1" },
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
        });
        return { pid: child.pid ?? 0, ended: endOf(command, child) };
    }

    /** Types a command, and waits for its end. */
    async type(command: Command): Promise<Ended> {
        this.typed.push(command);
        return (await this.start(command)).ended;
    }

    /**
     * Goes on from how a step ended until it is made.
     *
     * @param isThere whether the cluster has what the config says.
     * @param service that was to move.
     * @throws when six commands have not brought it there
     */
    async goOn(step: Ended, isThere: () => Promise<boolean>, service: string): Promise<void> {
        let last = step;
        while (last.code !== 0 || last.command !== "pulumi up" || !(await isThere())) {
            if (this.typed.length >= patience)
                throw new Error(
                    `After ${this.typed.join(", ")} the step is not made. The last said:\n${last.printed.slice(-1500)}`,
                );
            last = await this.type(nextCommand(last, readCluster(this.stack) !== undefined, service));
        }
    }

    private asTyped(command: Command): string[] {
        const upshift = [process.execPath, path.join(projectRoot(), "bin", "upshift.mjs")];
        if (command === "pulumi up")
            return [
                "pulumi",
                "up",
                "--yes",
                "--skip-preview",
                "--non-interactive",
                "--color",
                "never",
                "--stack",
                this.stack,
            ];
        if (command === "pulumi cancel")
            return ["pulumi", "cancel", "--yes", "--non-interactive", "--stack", this.stack];
        const [, , ...words] = command.split(" ");
        return [...upshift, ...words, ...(words[0] === "cluster" ? ["--name", this.stack] : ["--stack", this.stack])];
    }
}

/** What README, or the last command's own words, say to type next. */
export function nextCommand({ command, code, printed }: Ended, isClusterUp: boolean, service: string): Command {
    if (!isClusterUp) return "npx upshift cluster up";
    // The second is what Pulumi says of a lock that a full disk has cut short: docs/step.md.
    if (/the stack is currently locked|^error: unexpected end of JSON input$/m.test(printed)) return "pulumi cancel";
    const [, offered] = /(npx upshift restore [^\s,]+)/.exec(printed) ?? [];
    if (offered) return offered as Command;
    // It went well, and the cluster has something else: somebody wrote over it.
    if (command === "pulumi up" && code === 0) return `npx upshift restore ${service}`;
    return "pulumi up";
}

/** @throws when it hangs; its group is ended then */
function endOf(command: Command, child: ChildProcess): Promise<Ended> {
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
            process.kill(-(child.pid ?? 0), "SIGKILL");
            reject(new Error(`${command} has not ended after ${hangs / 1000} s. It said:\n${printed.slice(-1500)}`));
        }, hangs);
        child.once("error", reject);
        const end = (code: number | null): void => {
            clearTimeout(timer);
            resolve({ command, code, printed });
        };
        child.once("close", end);
        // What a killed command has started may hold its output open for long: nobody at a terminal waits for that.
        child.once("exit", (code) => setTimeout(() => end(code), 1000).unref());
    });
}
