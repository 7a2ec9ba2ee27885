import * as fs from "node:fs";
import * as path from "node:path";
import { Option } from "commander";
import { isCheckout, projectRoot } from "../cluster/paths";
import { version } from "../package.json";
import { shellWord } from "../components/shellWord";
import { UserError } from "../components/userError";

/** `--cwd`, for every command that works for any Pulumi project. */
export function cwdOption(): Option {
    return new Option(
        "-C, --cwd <folder>",
        "a Pulumi project of your own; its state and passphrase stay where you have them",
    );
}

/**
 * The folder of the Pulumi project that a command is about, where it is another than this checkout's.
 *
 * @param folder in or below it. Default: this checkout; of an installed package, the folder in which it is run.
 * @returns undefined for this checkout.
 * @throws when there is no Pulumi project.
 */
export function otherProject(folder: string | undefined): string | undefined {
    if (folder === undefined) return isCheckout() ? undefined : toldOf(projectRoot());
    const whole = path.resolve(folder);
    if (!fs.existsSync(whole))
        throw new UserError({ what: `There is no folder ${whole}.`, fix: `ls ${path.dirname(whole)}` });
    const found = projectAbove(fs.realpathSync(whole));
    if (found === undefined)
        throw new UserError({
            what: `There is no Pulumi.yaml in ${whole} nor above it: that is no Pulumi project.`,
            fix: "name the folder that has it: --cwd FOLDER",
        });
    return isCheckout() && found === fs.realpathSync(projectRoot()) ? undefined : toldOf(found);
}

/**
 * The folder of the project that a command is about where nobody names one: this checkout, or of an installed package the one in
 * which it is run; undefined where that is none.
 */
export function projectHere(): string | undefined {
    return isCheckout() ? projectRoot() : projectAbove(process.cwd());
}

/** The folder, once it was said where its package is of another version. */
function toldOf(folder: string): string {
    const differing = versionsDiffer(folder);
    if (differing !== undefined) console.error(differing);
    return folder;
}

/**
 * That a project has another version of the package than this CLI is of: what one writes into marks and state, the other may read
 * in another way.
 *
 * @returns undefined where they are the same, or the project has none of its own.
 */
export function versionsDiffer(folder: string, own = version): string | undefined {
    const file = path.join(folder, "node_modules", "upshift", "package.json");
    if (!fs.existsSync(file)) return undefined;
    const { version: theirs } = JSON.parse(fs.readFileSync(file, "utf8")) as { version: string };
    if (theirs === own) return undefined;
    const order = theirs.localeCompare(own, "en", { numeric: true }) < 0 ? "older" : "newer";
    return `note: the project ${folder} has upshift ${theirs}, which is ${order} than this CLI (${own}).\n  fix: cd ${shellWord(folder)} && npx upshift, which is the project's own; or npm install upshift@${own}`;
}

function projectAbove(folder: string): string | undefined {
    if (fs.existsSync(path.join(folder, "Pulumi.yaml"))) return folder;
    const parent = path.dirname(folder);
    return parent === folder ? undefined : projectAbove(parent);
}
