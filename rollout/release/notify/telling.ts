import { projectName } from "../../plan/projectName";
import type { ReleaseEvent, Verb } from "../hands";
import { groupOf } from "../group";
import { releasesOf } from "../stackHands";
import { whereOf } from "../where";
import { who } from "../update";
import { Deployment } from "./deployment";
import { type Channel, Notifier } from "./notifier";
import { type NotifySettings, notifySettings, urlOf } from "./settings";
import { Webhook } from "./webhook";

/** Whose release it is. */
export interface ReleaseOf {
    readonly stack: string;
    /** Of the project, where it is another than this one. */
    readonly folder?: string | undefined;
    readonly services: readonly string[];
}

/**
 * Those who are told of a stack's releases.
 *
 * @throws when the config names them in a way that can't be meant; what they then do, or do not, is no failure.
 */
export async function notifierOf(release: ReleaseOf, env: NodeJS.ProcessEnv = process.env): Promise<Notifier> {
    const settings = await notifySettings(release.stack, release.folder);
    const warn = (line: string): void => void process.stderr.write(`${line}\n`);
    return new Notifier(channelsOf(settings, release, env, warn), warn);
}

/** The same of settings. */
export function channelsOf(
    { webhook, github }: NotifySettings,
    { stack, folder, services }: ReleaseOf,
    env: NodeJS.ProcessEnv,
    warn: (line: string) => void,
): Channel[] {
    const about = { project: projectName(folder), stack, services, who: who(), where: whereOf(stack, folder) };
    return [
        ...(webhook === undefined ? [] : [new Webhook(urlOf(webhook), about)]),
        ...(github === undefined ? [] : deploymentOf(github.environment, services, env, warn)),
    ];
}

/** Outside of a workflow nobody has a commit to name. In one that has no token, that is a mistake. */
function deploymentOf(
    environment: string,
    services: readonly string[],
    env: NodeJS.ProcessEnv,
    warn: (line: string) => void,
): Channel[] {
    const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, GITHUB_SHA: sha } = env;
    if (!repository || !sha) return [];
    if (!token) {
        warn(
            "note: notify.github is set and GITHUB_TOKEN is not: no deployment is written.\n  fix: give the step env: GITHUB_TOKEN: ${{ github.token }}",
        );
        return [];
    }
    const { GITHUB_API_URL: api = "https://api.github.com", GITHUB_SERVER_URL: server, GITHUB_RUN_ID: run } = env;
    const logUrl = server && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
    return [new Deployment({ api, token, repository }, { environment, sha, services, logUrl })];
}

/**
 * Does something to a release by hand, and tells of it, also where it fails after users were moved: neither a config that can't be
 * meant nor a webhook that is down keeps anybody from giving users back.
 *
 * @param act is given where it says what it does; gives back what was done in words, undefined where there was nothing to be done.
 * @returns the same.
 * @throws as what is done does.
 */
export async function byHand<Words extends string | undefined>(
    verb: Verb,
    release: ReleaseOf,
    act: (tell: (event: ReleaseEvent) => void) => Promise<Words>,
): Promise<Words> {
    const begun: ReleaseEvent[] = [];
    const tell = (event: ReleaseEvent): void => void begun.push(event);
    try {
        const words = await act(tell);
        if (words !== undefined) await tellOf(verb, release, words);
        return words;
    } catch (error) {
        if (begun.length > 0) await tellOf(verb, release, `failed: ${(error as Error).message}`);
        throw error;
    }
}

async function tellOf(verb: Verb, release: ReleaseOf, words: string): Promise<void> {
    try {
        // What is done to one of several is done to all that are released with it.
        const [service = ""] = release.services;
        const services = groupOf(service, await releasesOf(release.stack, release.folder));
        const notifier = await notifierOf({ ...release, services });
        notifier.tell({ kind: "byHand", verb, words });
        await notifier.close();
    } catch (error) {
        process.stderr.write(`note: nobody was told of it: ${(error as Error).message}\n`);
    }
}
