/**
 * Where systems that run updates say for whom. A workflow that knows better says so itself: whoever merges starts the run, and need
 * not be who wrote it.
 */
const authorVariables = [
    "UPSHIFT_AUTHOR",
    "GITHUB_ACTOR",
    "GITLAB_USER_LOGIN",
    "CIRCLE_USERNAME",
    "BUILD_REQUESTEDFOREMAIL",
];

/**
 * Who somebody is. CI is believed first: whoever writes the change writes its config too, and could name anybody there.
 *
 * @param configured the config's `author`.
 * @returns undefined where nobody says so.
 */
export function authorOf(configured: string | undefined, env: NodeJS.ProcessEnv = process.env): string | undefined {
    const ofCi = authorVariables.map((variable) => env[variable]).find(Boolean);
    return ofCi ?? configured ?? env.USER;
}

/** Whether two names are one person's: as they are typed. */
export function sameName(one: string, other: string): boolean {
    return one.trim().toLowerCase() === other.trim().toLowerCase();
}
