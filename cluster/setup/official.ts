import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stateDir } from "../paths";
import { toolPath } from "../tools/tools";
import { run } from "./run";

/** The same versions as the packages in package.json. */
const officialPlugins = { kubernetes: "4.34.2", random: "4.21.2" };

const patience = 20_000;
const tryAgainAfter = 24 * 3600_000;

/** What came of the last try to install Pulumi's own plugins. */
export interface Verdict {
    /** When it was tried, as an ISO date. */
    tried: string;
    /** The version and whether it is installed; where not, why. */
    plugins: Record<string, { version: string; installed: boolean; reason?: string }>;
}

/** The verdict of the last try, or undefined before the first. */
export function officialPluginsVerdict(): Verdict | undefined {
    try {
        return JSON.parse(fs.readFileSync(verdictFile(), "utf8")) as Verdict;
    } catch {
        return undefined;
    }
}

/** Whether there is nothing to try: all are installed, or it was tried less than a day ago. */
export function hasTriedOfficialPlugins(): boolean {
    const verdict = officialPluginsVerdict();
    if (!verdict) return false;
    const allThere = Object.entries(officialPlugins).every(([name, version]) => isInstalled(name, version));
    return allThere || Date.now() - Date.parse(verdict.tried) < tryAgainAfter;
}

/** Installs Pulumi's own provider plugins where they are to be had. It is no error when they aren't: then the embedded ones serve. */
export async function tryOfficialPlugins(progress: (text: string) => void): Promise<void> {
    const tries = Object.entries(officialPlugins).map(async ([name, version]) => {
        const reason = isInstalled(name, version) ? undefined : await install(name, version);
        return [name, reason ? { version, installed: false, reason } : { version, installed: true }] as const;
    });
    progress("asking for the official ones");
    const verdict: Verdict = { tried: new Date().toISOString(), plugins: Object.fromEntries(await Promise.all(tries)) };
    fs.mkdirSync(path.dirname(verdictFile()), { recursive: true });
    fs.writeFileSync(verdictFile(), `${JSON.stringify(verdict, null, 4)}\n`);
}

/** The reason why not, or undefined when it worked. */
async function install(name: string, version: string): Promise<string | undefined> {
    try {
        await run(toolPath("pulumi"), ["plugin", "install", "resource", name, version], {
            timeout: patience,
            env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
        });
        return undefined;
    } catch (error) {
        return (error as Error).message;
    }
}

function isInstalled(name: string, version: string): boolean {
    const home = process.env.PULUMI_HOME || path.join(os.homedir(), ".pulumi");
    return fs.existsSync(path.join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`));
}

const verdictFile = (): string => stateDir("official-plugins.json");
