import * as fs from "node:fs";
import * as path from "node:path";
import { stateDir } from "../cluster/paths";
import { quote } from "../components/shellWord";
import { installedProvider, providers, usersPulumiHome } from "../cluster/tools/providers";
import { settle } from "../cluster/wholeFile.mjs";
import type { Choice } from "./choose";

/** Where the pieces lie that the CLI is to find. */
export interface Furniture {
    /** Comes first on PATH. */
    readonly bin: string;
    /** A PULUMI_HOME in which every provider is installed, the embedded ones too; undefined where the user's own has them. */
    readonly pulumiHome?: string | undefined;
}

/** What there is to furnish beside the CLI and the embedded plugins. */
export interface Pieces {
    /** The language host for programs in YAML; none beside a CLI that brings its own. */
    readonly yamlHost?: string | undefined;
    /** The official Kubernetes provider that set-up has built, where it is used. */
    readonly kubernetes?: string | undefined;
}

/**
 * Puts links and wrappers where the CLI looks for plugins without a word about it.
 *
 * The CLI warns of each plugin that it finds on PATH, at every command. It does not of a language host that lies beside its own
 * executable, links resolved: so `pulumi` is linked hard (or copied) to where the host is. Nor does it of providers in
 * PULUMI_HOME: so the embedded ones, and what set-up has built, get a home of their own, with links to those that the user has.
 *
 * @param cli the CLI's executable, if there is one.
 * @param folder where to put it all: `.upshift`, or a test's own folder.
 */
export function furnish(
    choice: Choice,
    cli: string | undefined,
    folder = stateDir(),
    { yamlHost, kubernetes }: Pieces = {},
): Furniture {
    const bin = path.join(folder, "bin");
    const pulumiHome = path.join(folder, "pulumi-home");
    fs.mkdirSync(bin, { recursive: true });
    fs.mkdirSync(pulumiHome, { recursive: true, mode: 0o700 });
    keepWithoutLogs(pulumiHome);
    const ourHost = choice.languageHost === "embedded";
    placeExecutable(path.join(bin, "pulumi"), ourHost ? cli : undefined);
    for (const name of ["pulumi-language-nodejs", "pulumi-analyzer-policy-nodejs"]) {
        placeWrapper(path.join(bin, name), ourHost ? name : undefined);
    }
    // Not a link: it looks for the host of a plugin beside itself, as the CLI does.
    placeExecutable(path.join(bin, "pulumi-language-yaml"), ourHost ? yamlHost : undefined);
    const isOurs = kubernetes !== undefined || providers.some((name) => choice.providers[name] === "embedded");
    for (const name of providers) {
        const place = installedProvider(pulumiHome, name);
        const official = [installedProvider(usersPulumiHome(), name), name === "kubernetes" ? kubernetes : undefined];
        const target = official.find((file) => file !== undefined && fs.existsSync(file));
        if (choice.providers[name] === "embedded") placeWrapper(place, `pulumi-resource-${name}`);
        else placeLink(place, isOurs ? target : undefined);
    }
    return { bin, pulumiHome: isOurs ? pulumiHome : undefined };
}

const noLogs = `Pulumi writes a debug log of each command into a folder of this name, which takes a third of a preview. While this
file is here it does not. To have the logs, put a folder in its place: rm logs && mkdir logs. Or for one command:
pulumi --verbose=9 --logtostderr …
`;

/** A file where Pulumi would make its folder for logs. A folder that is there already, the user's wish or not, stays. */
function keepWithoutLogs(pulumiHome: string): void {
    const place = path.join(pulumiHome, "logs");
    if (!fs.existsSync(place)) replace(place, (draft) => fs.writeFileSync(draft, noLogs, { mode: 0o600 }));
}

/** The same file under another name, so that the kernel says the new place when the program asks where it lies. */
function placeExecutable(place: string, executable: string | undefined): void {
    if (!executable) {
        fs.rmSync(place, { force: true });
        return;
    }
    const [there, wanted] = [fs.statSync(place, { throwIfNoEntry: false }), fs.statSync(executable)];
    if (there?.ino === wanted.ino || (there?.size === wanted.size && there.mtimeMs === wanted.mtimeMs)) return;
    replace(place, (draft) => {
        try {
            fs.linkSync(fs.realpathSync(executable), draft);
        } catch {
            // Another file system, or one that knows no links.
            fs.copyFileSync(executable, draft);
            fs.utimesSync(draft, wanted.atime, wanted.mtime);
        }
    });
}

/** By this line Pulumi knows a script of ours that it may start before it needs it (cluster/tools/pulumi/plugin/ahead.go). */
const aheadMark = "# Pulumi may start it ahead.";

/** A script that runs a bundle with the Node that runs now. */
function placeWrapper(place: string, bundle: string | undefined): void {
    if (!bundle) {
        fs.rmSync(place, { force: true });
        return;
    }
    const [kept = "", program = ""] = ["keep-compiled", bundle].map((name) => quote(stateDir("dist", `${name}.cjs`)));
    const script = `#!/bin/sh\n${aheadMark}\nexec ${quote(process.execPath)} --require ${kept} ${program} "$@"\n`;
    const there = fs.lstatSync(place, { throwIfNoEntry: false });
    if (there?.isFile() && fs.readFileSync(place, "utf8") === script) return;
    replace(place, (draft) => fs.writeFileSync(draft, script, { mode: 0o755 }));
}

/** Whether a file is there and is such a script, of whatever checkout. */
export function isWrapper(file: string): boolean {
    const { size } = fs.statSync(file, { throwIfNoEntry: false }) ?? { size: Infinity };
    return size < longestWrapper && fs.readFileSync(file, "utf8").includes(`${path.sep}keep-compiled.cjs'`);
}

/** Bytes; all that is longer is a program. */
const longestWrapper = 10_000;

function placeLink(place: string, target: string | undefined): void {
    if (!target) {
        fs.rmSync(place, { force: true });
        return;
    }
    const there = fs.lstatSync(place, { throwIfNoEntry: false });
    if (there?.isSymbolicLink() && fs.readlinkSync(place) === target) return;
    replace(place, (draft) => fs.symlinkSync(target, draft));
}

/** Makes a file beside its place and renames it, so that nobody ever sees half of it. */
function replace(place: string, make: (draft: string) => void): void {
    fs.mkdirSync(path.dirname(place), { recursive: true });
    const draft = `${place}.${process.pid}`;
    fs.rmSync(draft, { force: true });
    make(draft);
    settle(draft);
    fs.renameSync(draft, place);
}
