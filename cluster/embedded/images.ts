import { execFile } from "node:child_process";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { readJson, writeWhole } from "../wholeFile.mjs";
import { containerdSocket } from "./config";

const run = promisify(execFile);

/** An image and the archive it comes in. */
export interface ImageArchive {
    /** Name and tag, as pods name it. */
    reference: string;
    /** A tar file that `ctr images import` takes. Its name changes with its contents. */
    archive: string;
}

/** A cluster's containerd, as seen from inside or outside its namespaces. */
export interface ImageStore {
    /** The command `ctr`, and what must stand before it. */
    ctr: readonly [string, ...string[]];
    /** The cluster's folder. */
    dir: string;
}

/**
 * Gives containerd the images it does not have yet, all at the same time.
 *
 * An image is imported again when its archive has changed. What was imported is remembered beside containerd's data, and
 * goes with it; where that can't be read, all are imported again.
 *
 * @returns the references that were imported
 */
export async function importImages(store: ImageStore, images: readonly ImageArchive[]): Promise<string[]> {
    const ledger = path.join(store.dir, "containerd", "imported.json");
    const imported = (): Record<string, string> => readJson(ledger) ?? {};
    const known = (await control(store, "images", "ls", "-q")).split("\n");
    const missing = images.filter(
        ({ reference, archive }) => !known.includes(reference) || imported()[reference] !== path.basename(archive),
    );
    await Promise.all(
        missing.map(async ({ reference, archive }) => {
            await control(store, "images", "import", archive);
            writeWhole(ledger, JSON.stringify({ ...imported(), [reference]: path.basename(archive) }));
        }),
    );
    return missing.map((image) => image.reference);
}

/**
 * Asks the first process of every container to end, and waits until all have.
 *
 * @param grace milliseconds after which those that are left are not waited for
 */
export async function endContainers(store: ImageStore, grace = 8000): Promise<void> {
    const [, ...rows] = (await control(store, "tasks", "ls")).trim().split("\n");
    const pids = rows.map((row) => Number(row.trim().split(/\s+/)[1])).filter((pid) => pid > 1);
    pids.forEach((pid) => signal(pid, "SIGTERM"));
    const deadline = Date.now() + grace;
    while (pids.some((pid) => signal(pid, 0)) && Date.now() < deadline) await sleep(50);
}

/** @returns whether there was a process of that number */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
    try {
        return process.kill(pid, name);
    } catch {
        return false;
    }
}

async function control(store: ImageStore, ...args: string[]): Promise<string> {
    const [program, ...before] = store.ctr;
    const all = [...before, "--address", containerdSocket, "--namespace", "k8s.io", ...args];
    return (await run(program, all)).stdout;
}
