import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as after } from "node:timers/promises";
import { Refused, StepRefused } from "../../cluster/refused";
import { shellWord } from "../../components/shellWord";
import type { Finding } from "../../components/traffic/judge/findings";
import { findingsFile, findingsVariable } from "../plan/hookFindings";
import { hasOwnBackend } from "../env";
import { surroundings } from "../pulumi";
import { isAlive, repair, usualLockWait } from "../repair";
import { withFix } from "../trouble";
import type { Ended, HeldCli } from "./heldCli";
import type { KeptPlugins } from "./keptPlugins";
import { UserError } from "../../components/userError";

const lockPollMs = 500;

/** How an update is made. */
export interface Updating {
    /** Folders of the packs that hold for it, such as one with freeze windows. */
    readonly policyPacks?: readonly string[];
    /** Milliseconds for which another update of the stack is waited for. Default ten minutes. */
    readonly lockWait?: number | undefined;
    /** Plugins that are kept from one update to the next, and may be about to start. */
    readonly kept?: Promise<KeptPlugins | undefined>;
}

/**
 * `pulumi up`, as a release makes it: without a preview of its own, because the guards look at the whole step before any of it is
 * written; and out of reach of Ctrl-C, because a write is never cut off.
 *
 * @param message what the stack's history has of it: who, which step, and why.
 * @param onWait called with who has the stack, where somebody has.
 * @throws with the findings where the step is refused; with who has the stack where it stays locked, or where that process of this
 *     machine is gone; else with what Pulumi printed last.
 */
export async function update(
    stack: string,
    folder: string | undefined,
    message: string,
    { policyPacks = [], lockWait = usualLockWait, kept: soon }: Updating = {},
    onWait: (why: string) => void = () => undefined,
): Promise<void> {
    const deadline = Date.now() + lockWait;
    const kept = await soon;
    // What a killed update has left can be fixed where the state lies in a folder of ours.
    const isOurs = folder === undefined && !hasOwnBackend(process.env);
    for (;;) {
        const attached = kept?.attached();
        const findings = kept && attached ? kept.findings : findingsFile();
        findings.clear();
        try {
            const packs = policyPacks.flatMap((pack) => ["--policy-pack", pack]);
            const args = ["up", "--yes", "--skip-preview", "--stack", stack, "--message", `${message}, by ${who()}`];
            const { variables, files = [] } = attached ?? {};
            const { code, printed: words } = await run([...args, ...packs], {
                variables: { ...variables, [findingsVariable]: findings.path },
                files,
                scratch: findings.folder,
                folder,
                held: kept?.takeHeld(),
            });
            const printed = [kept?.takeSaid(), words].join("");
            if (code === 0) return;
            const holder = lockedBy(printed);
            if (holder === undefined) throw failureOf(stack, await findings.read(), printed);
            const at = `${stack}${folder === undefined ? "" : ` --cwd ${shellWord(folder)}`}`;
            // A lock in another backend is not ours to break, and nobody will ever take it away.
            if (!isOurs && isGone(holder))
                throw new UserError({
                    what: `Stack ${stack} is locked: ${holder}, and that process is gone.`,
                    fix: `pulumi cancel --stack ${at}`,
                });
            if (Date.now() > deadline && !isGone(holder))
                throw new UserError({
                    what: `Stack ${stack} is still being updated: ${holder}.`,
                    fix: `wait for it with --wait-for-lock 30m, or end it and run: pulumi cancel --stack ${at}`,
                });
            onWait(`the stack is being updated: ${holder}`);
        } finally {
            if (findings !== kept?.findings) findings.remove();
            await kept?.hold(stack).catch(() => undefined);
        }
        // The lock of an update that was killed is nobody's.
        if (isOurs) await repair(stack, undefined, Math.max(0, deadline - Date.now()));
        else await after(lockPollMs);
    }
}

interface Running {
    readonly variables: NodeJS.ProcessEnv;
    /** What it has open beside its output. */
    readonly files: readonly Writable[];
    /** A folder in which what is printed is kept meanwhile. */
    readonly scratch: string;
    readonly folder: string | undefined;
    /** A CLI that has begun already. */
    readonly held: HeldCli | undefined;
}

async function run(given: readonly string[], { variables, files, scratch, folder, held }: Running): Promise<Ended> {
    const { cwd, env: own } = await surroundings(folder);
    const args = [...given, "--non-interactive", "--color", "never"];
    const env = { ...own, ...variables };
    const ended = held?.tell(args, env);
    if (ended) return ended;
    // Into a file: a pipe to a release that is killed would break, and end the update in the middle.
    const file = path.join(scratch, "printed");
    const printed = fs.openSync(file, "w", 0o600);
    try {
        const child = spawn("pulumi", args, {
            cwd,
            env,
            detached: true,
            stdio: ["ignore", printed, printed, ...files],
        });
        const [code] = (await once(child, "close")) as [number | null];
        return { code, printed: fs.readFileSync(file, "utf8") };
    } finally {
        fs.closeSync(printed);
    }
}

/**
 * Who it is for the history: a login and a machine, as Pulumi's own locks have them.
 *
 * @param named tells the user's name. @throws where there is none
 */
export function who(named = (): string => os.userInfo().username): string {
    return `${process.env.GITHUB_ACTOR ?? process.env.GITLAB_USER_LOGIN ?? login(named)}@${os.hostname()}`;
}

/** In a container the user may have a number alone, and no name. */
function login(named: () => string): string {
    try {
        return named();
    } catch {
        return process.env.USER ?? `uid-${process.getuid?.() ?? "unknown"}`;
    }
}

/** Who holds the stack, as Pulumi says it; undefined where nobody does. Pulumi Cloud answers 409, and does not say who. */
export function lockedBy(printed: string): string | undefined {
    if (!/the stack is currently locked|\[409\] Conflict: Another update is currently in progress/.test(printed))
        return undefined;
    const [holder] = /created by .*/.exec(printed) ?? [];
    return holder ?? "by another update";
}

/** Whether the process that has the stack, by Pulumi's words, was one of this machine and has ended without giving it back. */
export function isGone(holder: string): boolean {
    const [, host, pid] = /@(\S+) \(pid (\d+)\)/.exec(holder) ?? [];
    return host === os.hostname() && !isAlive(Number(pid));
}

/** What is thrown where Pulumi did not make an update: that it was refused, by whomever, or that it went wrong. */
export function failureOf(stack: string, findings: readonly Finding[], printed: string): Error {
    if (findings.length > 0) return new StepRefused(findings);
    const lines = printed.trim().split("\n");
    // Pulumi says so of a policy that forbids, and of nothing else.
    if (/\[mandatory\]/.test(printed))
        return new Refused({ what: ["A policy forbids the step:", ...lines.slice(-40)].join("\n") });
    return new Error(withFix([`pulumi up --stack ${stack} failed:`, ...lines.slice(-40)].join("\n"), stack));
}
