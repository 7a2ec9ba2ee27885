import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import * as readline from "node:readline";

/** A service of the shop as a process on the loopback. */
export interface Service {
    readonly url: URL;
    stop(): Promise<void>;
}

const startTimeout = 10_000; // milliseconds

/** Builds the shop's binary of a version into a folder; says why when it can't. */
export function buildShop(folder: string, version: string): string {
    const binary = path.join(folder, `shop-${version}`);
    const sources = path.join(__dirname, "..", "..", "services");
    const args = ["build", "-ldflags", `-X main.version=${version}`, "-o", binary, "./cmd/demo"];
    const build = spawnSync("go", args, { cwd: sources, encoding: "utf8", env: { ...process.env, CGO_ENABLED: "0" } });
    if (build.status !== 0) throw build.error ?? new Error(`go build in ${sources} failed:\n${build.stderr}`);
    return binary;
}

/** Starts one service on a free port and waits until it says that it has started. */
export async function startService(binary: string, name: string, env: Record<string, string> = {}): Promise<Service> {
    const onLoopback = { LISTEN: "127.0.0.1:0", HEALTH_LISTEN: "127.0.0.1:0", POD_IP: "127.0.0.1", DRAIN: "0s" };
    const child = spawn(binary, [name], { env: { POD_NAME: name, ...onLoopback, ...env } });
    const address = await startedAt(child, name);
    return { url: new URL(`http://${address}`), stop: () => stop(child) };
}

async function startedAt(child: ChildProcess, name: string): Promise<string> {
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error(`${name} has no output to read`);
    let complaint = "";
    stderr.on("data", (text: Buffer) => (complaint += text.toString()));
    const ended = once(child, "exit").then(() => {
        throw new Error(`${name} ended instead of starting: ${complaint}`);
    });
    ended.catch(() => undefined); // it also ends when it is stopped, long after anyone waits here
    const line = once(readline.createInterface(stdout), "line", { signal: AbortSignal.timeout(startTimeout) });
    const [text] = (await Promise.race([line, ended])) as [string];
    return (JSON.parse(text) as { address: string }).address;
}

async function stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
}
