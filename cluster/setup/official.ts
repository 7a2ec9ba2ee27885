import * as fs from "node:fs";
import { stateDir } from "../paths";
import { installedProvider, type ProviderName, providers, usersPulumiHome, wanted } from "../tools/providers";
import { toolPath } from "../tools/tools";
import { readJson, writeWhole } from "../wholeFile.mjs";
import { run } from "./run";

const timeoutMs = 20_000;
const tryAgainAfter = 24 * 3600_000;

/** What came of the last try to install Pulumi's own plugins. */
export interface Verdict {
    /** When it was tried, as an ISO date. */
    tried: string;
    /** The version and whether it is installed; where not, why. */
    plugins: Record<string, { version: string; installed: boolean; reason?: string }>;
}

/** The verdict of the last try, or undefined before the first and where it can't be read: then it is tried again. */
export function officialPluginsVerdict(file = verdictFile()): Verdict | undefined {
    return readJson<Verdict>(file);
}

/** Whether there is nothing to try: all are installed, or it was tried less than a day ago. */
export function hasTriedOfficialPlugins(file = verdictFile()): boolean {
    const verdict = officialPluginsVerdict(file);
    if (!verdict) return false;
    const allThere = providers.every(hasOfficialProvider);
    return allThere || Date.now() - Date.parse(verdict.tried) < tryAgainAfter;
}

/**
 * Installs Pulumi's own provider plugins where they are to be had. It is no error when they aren't: then the embedded ones serve.
 *
 * @param file where the verdict is kept.
 */
export async function tryOfficialPlugins(progress: (text: string) => void, file = verdictFile()): Promise<void> {
    const tries = providers.map(async (name) => {
        const version = wanted[name];
        const reason = hasOfficialProvider(name) ? undefined : await install(name, version);
        return [name, reason ? { version, installed: false, reason } : { version, installed: true }] as const;
    });
    progress("asking for the official ones");
    const verdict: Verdict = { tried: new Date().toISOString(), plugins: Object.fromEntries(await Promise.all(tries)) };
    writeWhole(file, `${JSON.stringify(verdict, null, 4)}\n`, { readableBy: "all" });
}

/** The reason why not, or undefined when it worked. Pulumi would ask five times more for what can't be reached. */
async function install(name: string, version: string): Promise<string | undefined> {
    const hopeless = new AbortController();
    let isUnreachable = false;
    const onLine = (line: string): void => {
        isUnreachable ||= unreachable.test(line);
        if (isUnreachable && /^Will retry\b/.test(line)) hopeless.abort();
    };
    try {
        await run(toolPath("pulumi"), ["plugin", "install", "resource", name, version], {
            timeout: timeoutMs,
            signal: hopeless.signal,
            onLine,
            env: {
                PULUMI_SKIP_UPDATE_CHECK: "true",
                // Its own providers it knows without the registry, for which it would try seven seconds without a word.
                PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
                PULUMI_HOME: usersPulumiHome(),
            },
        });
        return undefined;
    } catch (error) {
        return (error as Error).message;
    }
}

/** How Go says that there is no way to a host; what may be better a moment later (a connection that broke, an answer of 503) is not in it. */
const unreachable = /no such host|server misbehaving|network is unreachable|no route to host|connection refused/;

/** Whether one of Pulumi's own providers is installed, in the version that the program asks for. */
export function hasOfficialProvider(name: ProviderName): boolean {
    return fs.existsSync(installedProvider(usersPulumiHome(), name));
}

const verdictFile = (): string => stateDir("official-plugins.json");
