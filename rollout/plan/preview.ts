import { spawn } from "node:child_process";
import { once } from "node:events";
import * as readline from "node:readline";
import { surroundings } from "../pulumi";
import { EventReader, type Preview, type Watch } from "./events";
import { type FindingsFile, findingsFile, findingsVariable } from "./hookFindings";

/** What is previewed. */
export interface PreviewOptions {
    readonly stack: string;
    /** The project's folder, where it is another than this one. */
    readonly folder?: string | undefined;
    /** A config file in the place of the stack's own. */
    readonly configFile?: string | undefined;
    /** Folders of policy packs. */
    readonly policyPacks?: readonly string[];
    /** One config file for each pack, in the same order. */
    readonly policyPackConfigs?: readonly string[];
    /** Where the update plan is written: `pulumi up --plan FILE` then does exactly that. */
    readonly savePlan?: string | undefined;
}

/**
 * Runs `pulumi preview` and reads its events, policy events included, which `preview --json` alone leaves out, and what the hooks
 * of its splits have found. A preview that fails is a result like any other.
 *
 * @throws when Pulumi can't be started at all.
 */
export async function preview(options: PreviewOptions, watch?: Watch): Promise<Preview> {
    const { cwd, env } = await surroundings(options.folder);
    const findings = findingsFile();
    try {
        const child = spawn("pulumi", argumentsFor(options), {
            cwd,
            env: { ...env, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true", [findingsVariable]: findings.path },
            stdio: ["ignore", "pipe", "pipe"],
        });
        watch?.started?.();
        const reader = new EventReader(watch);
        let complaints = "";
        child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
        const lines = readline.createInterface(child.stdout).on("line", (line) => reader.line(line));
        // `once` rejects when the program can't be started at all.
        const [[code]] = (await Promise.all([once(child, "close"), once(lines, "close")])) as [
            [number | null],
            unknown,
        ];
        return await withFindings(reader, findings, code ?? undefined, complaints);
    } finally {
        findings.remove();
    }
}

/** What can't be read is no permission: then the preview has failed. */
async function withFindings(
    reader: EventReader,
    file: FindingsFile,
    code: number | undefined,
    complaints: string,
): Promise<Preview> {
    try {
        return reader.preview(code, complaints, await file.read());
    } catch (error) {
        const seen = reader.preview(code, complaints);
        const message = `What the splits' hooks have found can't be read: ${(error as Error).message}`;
        return { ...seen, diagnostics: [...seen.diagnostics, { severity: "error", message }], succeeded: false };
    }
}

function argumentsFor({
    stack,
    configFile,
    policyPacks = [],
    policyPackConfigs = [],
    savePlan,
}: PreviewOptions): string[] {
    return [
        "preview",
        "--json",
        "--non-interactive",
        "--stack",
        stack,
        ...(configFile ? ["--config-file", configFile] : []),
        ...policyPacks.flatMap((folder) => ["--policy-pack", folder]),
        ...policyPackConfigs.flatMap((file) => ["--policy-pack-config", file]),
        ...(savePlan ? ["--save-plan", savePlan] : []),
    ];
}
