import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { ProviderConfig } from "../config";
import { CancelledError } from "../errors";
import type { Properties, Value } from "../values";
import { liveRelease, type LiveRelease } from "./release";

/**
 * The helm programs under way. They end with the provider: one that outlived its engine would finish an installation
 * that the next update has just begun again.
 */
const running = new Set<ChildProcess>();
/** The folders with a kubeconfig for them, which must not be left to whoever comes after. */
const folders = new Set<string>();
process.on("exit", () => {
    running.forEach((child) => child.kill("SIGKILL"));
    folders.forEach(removeFolder);
});

function removeFolder(folder: string): void {
    fs.rmSync(folder, { recursive: true, force: true });
    folders.delete(folder);
}

/** Helm said no. The message is helm's own. */
export class HelmError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "HelmError";
    }
}

/** The helm program, with the cluster it is to talk to. */
export class Helm {
    constructor(
        private readonly config: Pick<ProviderConfig, "kubeconfig" | "context" | "cluster"> &
            Partial<Pick<ProviderConfig, "helm">>,
        private readonly cancelled: AbortSignal,
    ) {}

    /** Where it keeps releases, in its own word; empty where nobody says. */
    get driver(): string {
        return this.config.helm?.HELM_DRIVER ?? process.env.HELM_DRIVER ?? "";
    }

    /** Runs a command that ends with a release, values on its standard input. */
    async change(args: readonly string[], values: Value): Promise<LiveRelease> {
        const text = await this.run([...args, "--values", "-", "--output", "json"], JSON.stringify(values));
        return liveRelease(JSON.parse(text) as Properties);
    }

    /**
     * Runs helm.
     *
     * @returns what it printed.
     * @throws HelmError with what it printed on stderr; CancelledError.
     */
    async run(args: readonly string[], input = ""): Promise<string> {
        const access = this.access();
        try {
            return await this.spawn([...args, ...access.args], input);
        } finally {
            access.dispose();
        }
    }

    private spawn(args: readonly string[], input: string): Promise<string> {
        const program = process.env.UPSHIFT_HELM || "helm";
        return new Promise((resolve, reject) => {
            const child = spawn(program, args, {
                stdio: "pipe",
                signal: this.cancelled,
                env: { ...process.env, ...this.config.helm },
            });
            running.add(child);
            child.on("close", () => running.delete(child));
            const output = { stdout: "", stderr: "" };
            child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
            child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
            child.on("error", (error) => {
                const isMissing = "code" in error && error.code === "ENOENT";
                reject(
                    this.cancelled.aborted
                        ? new CancelledError()
                        : new HelmError(
                              isMissing
                                  ? `${program}: there is no such program. Install helm 3, or set UPSHIFT_HELM to its path.`
                                  : error.message,
                          ),
                );
            });
            child.on("close", (code) =>
                code === 0
                    ? resolve(output.stdout)
                    : reject(new HelmError(errorLines(output.stderr) || `helm ended with code ${code}`)),
            );
            // Helm may end before it has read everything; what it then says counts.
            child.stdin.on("error", () => undefined);
            child.stdin.end(input);
        });
    }

    /** Arguments that name the cluster. A kubeconfig given as contents goes through a file that only this user can read. */
    private access(): { args: string[]; dispose: () => void } {
        const { kubeconfig, context, cluster } = this.config;
        const args = [...(context ? ["--kube-context", context] : []), ...(cluster ? ["--kube-cluster", cluster] : [])];
        if (!kubeconfig) return { args, dispose: () => undefined };
        if (!/[\n{]/.test(kubeconfig))
            return {
                args: [...args, "--kubeconfig", kubeconfig.replace(/^~(?=\/|$)/, os.homedir())],
                dispose: () => undefined,
            };
        // At one go, so that there is no moment to end in between.
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "helm-"));
        folders.add(folder);
        const file = path.join(folder, "kubeconfig");
        fs.writeFileSync(file, kubeconfig, { mode: 0o600 });
        return { args: [...args, "--kubeconfig", file], dispose: () => removeFolder(folder) };
    }
}

export function isNoRelease(error: unknown): boolean {
    return error instanceof HelmError && /release: not found/.test(error.message);
}

/** Helm's errors without its warnings and without the word before them. */
function errorLines(stderr: string): string {
    const lines = stderr
        .split("\n")
        .filter((line) => !/^(WARNING|[WIE]\d{4} |coalesce\.go|\d{4}\/\d\d\/\d\d )/.test(line));
    return lines
        .join("\n")
        .trim()
        .replace(/^Error: /, "");
}
