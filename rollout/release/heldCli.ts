import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Readable, Writable } from "node:stream";

/** What a CLI begins with before it is known what it is to do. */
export interface Beginning {
    /** The file of the stack's config, whose secrets it will read. */
    readonly stackFile: string;
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    /** What it has open beside its output. */
    readonly files: readonly Writable[];
    /** A folder for what it prints. */
    readonly scratch: string;
}

/** How a CLI ended. */
export interface Ended {
    readonly code: number | null;
    readonly printed: string;
}

/** Its first argument, and on which file descriptor it says that it waits: cluster/tools/pulumi/held/held.go. */
const command = "upshift-held";
const ready = 3;

/**
 * A Pulumi that has begun, and has made the key of a stack's secrets, which takes as long as all else until it runs a program; and waits
 * to be told what it is to do. It ends with this process, unless it has been told. Only the CLI that set-up builds does so: from any
 * other nothing is heard, and it is not asked.
 */
export class HeldCli {
    private isReady = false;
    /** Whether it waits, once that is known. */
    readonly ready: Promise<boolean>;

    private constructor(
        private readonly child: ChildProcess,
        private readonly printed: string,
    ) {
        child.stdin?.on("error", () => undefined);
        const said = child.stdio[ready] as Readable;
        said.on("error", () => undefined).once("data", () => (this.isReady = true));
        this.ready = new Promise((resolve) => {
            const known = (): void => resolve(this.isReady);
            said.once("data", known);
            child.once("error", known).once("exit", known);
        });
        // Nobody waits for it until it is told.
        for (const one of [child, child.stdin, said]) (one as unknown as { unref(): void }).unref();
    }

    static start({ stackFile, cwd, env, files, scratch }: Beginning): HeldCli {
        const printed = path.join(scratch, "held");
        const output = fs.openSync(printed, "w", 0o600);
        try {
            const stdio = ["pipe", output, output, "pipe", ...files] as const;
            // Out of reach of Ctrl-C, as an update is.
            const child = spawn("pulumi", [command, stackFile], { cwd, env, detached: true, stdio: [...stdio] });
            return new HeldCli(child, printed);
        } finally {
            fs.closeSync(output);
        }
    }

    /**
     * Has it do what it would have done if it had been started with these.
     *
     * @returns undefined where it is not there, or not ready: then it does nothing
     */
    tell(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ended> | undefined {
        const { child } = this;
        if (!this.isReady || child.exitCode !== null || child.signalCode !== null) {
            this.stop();
            return undefined;
        }
        child.ref();
        child.stdin?.end(`${JSON.stringify({ args, environment })}\n`);
        return this.ended();
    }

    stop(): void {
        this.child.kill();
    }

    private async ended(): Promise<Ended> {
        const [code] = (await once(this.child, "exit")) as [number | null];
        return { code, printed: fs.readFileSync(this.printed, "utf8") };
    }
}
