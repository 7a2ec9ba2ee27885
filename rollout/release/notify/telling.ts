import { projectName } from "../../plan/projectName";
import { groupOf } from "../group";
import { declaredIn } from "../shares";
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
    return notifierOver(release, [release.services], env);
}

/**
 * The same for what is done to services of several releases at once: what is done to one of several is done to all that are released
 * with it, and each release is written down as it is by itself.
 */
export async function notifierOfAll(release: ReleaseOf, env: NodeJS.ProcessEnv = process.env): Promise<Notifier> {
    const declared = await declaredIn(release.stack, release.folder);
    const groups: string[][] = [];
    for (const service of release.services)
        if (!groups.flat().includes(service)) groups.push(groupOf(service, declared));
    return notifierOver({ ...release, services: groups.flat() }, groups, env);
}

async function notifierOver(
    release: ReleaseOf,
    groups: readonly (readonly string[])[],
    env: NodeJS.ProcessEnv,
): Promise<Notifier> {
    const settings = await notifySettings(release.stack, release.folder);
    const warn = (line: string): void => void process.stderr.write(`${line}\n`);
    return new Notifier(channelsOf(settings, release, env, warn, groups), warn);
}

/** The same of settings. @param groups services by the release that they are part of */
export function channelsOf(
    { webhook, github }: NotifySettings,
    { stack, folder, services }: ReleaseOf,
    env: NodeJS.ProcessEnv,
    warn: (line: string) => void,
    groups: readonly (readonly string[])[] = [services],
): Channel[] {
    const about = { project: projectName(folder), stack, services, who: who(), where: whereOf(stack, folder) };
    return [
        ...(webhook === undefined ? [] : [new Webhook(urlOf(webhook), about)]),
        ...(github === undefined ? [] : deploymentsOf(github.environment, groups, env, warn)),
    ];
}

/** Outside of a workflow nobody has a commit to name. In one that has no token, that is a mistake. */
function deploymentsOf(
    environment: string,
    groups: readonly (readonly string[])[],
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
    return groups.map((services) => new Deployment({ api, token, repository }, { environment, sha, services, logUrl }));
}
