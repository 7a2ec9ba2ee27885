import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { stateDir } from "../../cluster/paths";
import type { Prepared } from "./scene";

/**
 * A disk of its own for the stacks' state, with room for no more than it has: a file system in memory, over the state's folder, in a
 * mount namespace that only the user's commands enter. The machine's disks have nothing to do with it.
 */
export class FullStateDisk implements Prepared {
    private holder: ChildProcess | undefined;

    async prepare(): Promise<readonly string[]> {
        const folder = stateDir("pulumi");
        const kilobytes = Math.ceil(sizeOf(folder) / 1024);
        const mounted = `mount -t tmpfs -o size=${kilobytes + 64}k none ${folder} && echo mounted && exec sleep infinity`;
        this.holder = spawn("unshare", ["--mount", "sh", "-c", mounted], { stdio: ["ignore", "pipe", "inherit"] });
        await once(this.holder.stdout as NodeJS.ReadableStream, "data");
        fs.cpSync(folder, this.seen(folder), { recursive: true, preserveTimestamps: true });
        fillUp(path.join(this.seen(folder), "rest"));
        return this.inside();
    }

    /** Gives it room. */
    makeRoom(): void {
        fs.rmSync(path.join(this.seen(stateDir("pulumi")), "rest"), { force: true });
    }

    /** The state as it is then is what stays. */
    async tidy(): Promise<void> {
        if (!this.holder) return;
        fs.cpSync(this.seen(stateDir("pulumi")), stateDir("pulumi"), { recursive: true, preserveTimestamps: true });
        const ended = once(this.holder, "exit");
        this.holder.kill("SIGKILL");
        await ended;
        this.holder = undefined;
    }

    private inside(): readonly string[] {
        return ["nsenter", `--mount=/proc/${this.holder?.pid}/ns/mnt`, `--wd=${process.cwd()}`, "--"];
    }

    /** A folder as whoever is in the namespace sees it. */
    private seen(folder: string): string {
        return path.join(`/proc/${this.holder?.pid}/root`, folder);
    }
}

function fillUp(file: string): void {
    try {
        for (;;) fs.appendFileSync(file, Buffer.alloc(4096));
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
}

/** Bytes that the files of a folder take in pages of 4 KiB, as a file system in memory counts them. */
function sizeOf(folder: string): number {
    return fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .map((entry) => (entry.isFile() ? fs.statSync(path.join(entry.parentPath, entry.name)).size : 0))
        .reduce((sum, size) => sum + Math.ceil(size / 4096) * 4096 + 4096, 0);
}
