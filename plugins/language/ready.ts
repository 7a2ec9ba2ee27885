import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { type Child, childOf, type Listening } from "./child";
import { loadedAhead } from "./loadedAhead";
import type { ToRun } from "./readyProgram";

/** What a program is started with before it is known for which update. */
export interface Beginning {
    /** The SDK's runner. */
    readonly runner: string;
    readonly nodeargs: readonly string[];
    /** Where it begins. */
    readonly cwd: string;
}

/**
 * Has a process ready for a host's next run: it has loaded the SDK and other large packages, which is half of a short run, and waits
 * for what it is to be. Each is used once, so that no run finds anything of the one before it.
 */
export class Readiness {
    private waiting?: { readonly child: ChildProcess; readonly fits: string } | undefined;

    constructor() {
        process.on("exit", () => this.waiting?.child.kill("SIGKILL"));
    }

    /** Makes one for the next run. */
    prepare(beginning: Beginning): void {
        this.waiting?.child.kill("SIGKILL");
        const { runner, nodeargs, cwd } = beginning;
        const ahead = loadedAhead(cwd);
        const args = [...nodeargs, path.join(__dirname, "ready-program.cjs"), runner, ...ahead];
        const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe", "ipc"] });
        const waiting = { child, fits: fitOf(beginning, ahead) };
        this.waiting = waiting;
        const gone = (): void => {
            if (this.waiting === waiting) this.waiting = undefined;
        };
        // The next run is begun as any other is then.
        child.once("error", gone).once("exit", gone);
    }

    /** @returns undefined where none is ready for it */
    take(beginning: Beginning, run: ToRun, listening: Listening): Child | undefined {
        const { waiting } = this;
        this.waiting = undefined;
        if (waiting?.fits !== fitOf(beginning)) {
            waiting?.child.kill("SIGKILL");
            return undefined;
        }
        const child = childOf(waiting.child, listening);
        waiting.child.send(run);
        return child;
    }
}

/** What it was made for, and of which files: packages that were installed meanwhile are not what it has loaded. */
function fitOf({ runner, nodeargs, cwd }: Beginning, ahead = loadedAhead(cwd)): string {
    const loaded = [runner, ...ahead].map((file) => {
        const { ino, mtimeMs } = fs.statSync(file);
        return [file, ino, mtimeMs];
    });
    return JSON.stringify([loaded, nodeargs, cwd]);
}
