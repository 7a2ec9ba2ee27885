import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { quote } from "../../components/shellWord";

/** What a stand-in says to a command. */
export interface Reply {
    readonly code?: number;
    readonly stdout?: string;
    readonly stderr?: string;
    /** What the program would write into the file that KUBECONFIG names. */
    readonly kubeconfig?: string;
    /** An executable that the program would put into place; its folder must be there. */
    readonly installs?: string;
    /** After it has said all, the program goes on until it is ended. */
    readonly goesOn?: boolean;
}

/** Programs that note how they are called, and say what the real ones have said. */
export interface StandIns {
    /** Every call so far, each as the program's name and its arguments. */
    calls(): string[][];
    /** What the program says from now on to commands that begin with these words. */
    says(program: string, words: string, reply: Reply): void;
    /** Puts PATH back. */
    remove(): void;
}

/**
 * Puts stand-ins on PATH instead of everything else.
 *
 * @param replies by program and the first words of the command; the longest that fits counts. A program without replies is
 *     not there, and a command without one ends with exit code 99.
 */
export function standIns(replies: Readonly<Record<string, Readonly<Record<string, Reply>>>>): StandIns {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stand-ins-"));
    const calls = path.join(folder, "calls");
    const before = process.env.PATH;
    const all = structuredClone(replies) as Record<string, Record<string, Reply>>;
    const write = (program: string): void =>
        fs.writeFileSync(path.join(folder, program), scriptOf(program, all[program] ?? {}, calls), { mode: 0o755 });
    Object.keys(all).forEach(write);
    fs.writeFileSync(calls, "");
    process.env.PATH = folder;
    return {
        calls: () =>
            fs
                .readFileSync(calls, "utf8")
                .split("\0\n")
                .filter((call) => call !== "")
                .map((call) => call.split("\0")),
        says: (program, words, reply) => {
            all[program] = { ...all[program], [words]: reply };
            write(program);
        },
        remove: () => {
            process.env.PATH = before;
            fs.rmSync(folder, { recursive: true });
        },
    };
}

/** A shell script, which starts quicker than anything else, and uses nothing that is not built into the shell. */
function scriptOf(program: string, replies: Readonly<Record<string, Reply>>, calls: string): string {
    const byLength = Object.entries(replies).sort(([a], [b]) => b.length - a.length);
    const cases = byLength.map(([words, { code = 0, stdout = "", stderr = "", kubeconfig, installs, goesOn }]) =>
        [
            `${quote(words)}*)`,
            ...(kubeconfig === undefined ? [] : [`printf %s ${quote(kubeconfig)} > "$KUBECONFIG"`]),
            ...(installs === undefined ? [] : [`: > ${quote(installs)}`]),
            `printf %s ${quote(stdout)}`,
            `printf %s ${quote(stderr)} >&2`,
            goesOn ? "exec /bin/sleep 600;;" : `exit ${code};;`,
        ].join("\n"),
    );
    return [
        "#!/bin/sh",
        `{ printf '%s\\0' ${quote(program)} "$@"; printf '\\n'; } >> ${quote(calls)}`,
        `case "$*" in`,
        ...cases,
        "esac",
        `echo "no reply to: ${program} $*" >&2`,
        "exit 99",
        "",
    ].join("\n");
}

/** What a real program printed, kept in a file. */
export function recorded(name: string): string {
    return fs.readFileSync(path.join(__dirname, "programs", name), "utf8");
}
