import type { ChildProcess } from "node:child_process";
import { setTimeout as after } from "node:timers/promises";
import type { Told } from "../support/cli";

/** Milliseconds after which a command hangs. */
const hangsMs = 300_000;

/** A command of `npx upshift` that goes on while other things are done. */
export class Driver {
    private stdout = "";
    private stderr = "";
    private told: Told | undefined;

    /** @param command what was typed, for messages. */
    constructor(
        private readonly command: string,
        private readonly child: ChildProcess,
    ) {
        child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
        child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
        child.once("close", (code) => (this.told = { code, stdout: this.stdout, stderr: this.stderr }));
    }

    /** Waits until it has said something. @throws when it ends before, or never does */
    async said(pattern: RegExp): Promise<void> {
        await this.until(`has not said ${pattern}`, () => pattern.test(this.stdout) || this.told !== undefined);
        if (pattern.test(this.stdout)) return;
        throw new Error(this.words(`ended with ${this.told?.code} and has not said ${pattern}`));
    }

    /** How it has ended. @throws when it does not */
    async ended(): Promise<Told> {
        await this.until("has not ended", () => this.told !== undefined);
        return this.told as Told;
    }

    /** Asks it to end, as Ctrl-C does, and waits until it has: a step that it takes is taken to its end. */
    async interrupt(): Promise<void> {
        this.child.kill("SIGINT");
        await this.ended();
    }

    private async until(what: string, isSo: () => boolean): Promise<void> {
        const deadline = Date.now() + hangsMs;
        while (!isSo()) {
            if (Date.now() > deadline) throw new Error(this.words(`${what} for ${hangsMs / 1000} s`));
            await after(50);
        }
    }

    private words(what: string): string {
        return `npx upshift ${this.command} ${what}:\n${this.stdout}\n${this.stderr}`;
    }
}
