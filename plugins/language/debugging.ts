import * as fs from "node:fs";

/** Tells a program that nobody will see what the SDK says for debugging. */
export const notDebugged = { UPSHIFT_NOT_DEBUGGED: "true" };

/**
 * Whether somebody has asked Pulumi, which has started this host, for debug messages: the SDK has four of them for each resource, and
 * sends each by a call of its own, shown or not.
 *
 * @returns also true where that can't be found out.
 */
export function isDebugged(environment: NodeJS.ProcessEnv = process.env, pulumi = process.ppid): boolean {
    if (environment.PULUMI_OPTION_DEBUG !== undefined) return true;
    try {
        const given = fs.readFileSync(`/proc/${pulumi}/cmdline`, "utf8").split("\0").slice(1);
        return given.some((one) => /^(--debug\b|-[a-z]*d)/i.test(one));
    } catch {
        return true;
    }
}
