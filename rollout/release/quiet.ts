import { type CountSource, countsBetween } from "../gate/counts";
import type { ServiceName } from "../gate/sources/queries";

/** Whether a version still gets requests, as its callers count; or why nobody could count. */
export type Quiet = { readonly seconds: number; readonly requests: number } | { readonly unknown: string };

/** What is read, and how one waits between two readings. */
export interface Counting {
    readonly source: Pick<CountSource, "read" | "resolution">;
    readonly rest: (seconds: number) => Promise<void>;
}

/** Seconds for which a version is watched at least. */
const leastSeconds = 10;

/**
 * Counts the requests that a version still gets: by a header, a cookie, or a proxy that has not heard of the new routes.
 *
 * @param host of the Service in front of all versions.
 * @returns what was counted in ten seconds, or in as many as the source takes to see a request.
 */
export async function quietness(host: ServiceName, version: string, { source, rest }: Counting): Promise<Quiet> {
    const seconds = Math.max(leastSeconds, source.resolution);
    try {
        const before = await source.read(host);
        await rest(seconds);
        const after = await source.read(host);
        return {
            seconds: Math.round(after.at - before.at),
            requests: countsBetween(before, after)[version]?.requests ?? 0,
        };
    } catch (error) {
        return { unknown: (error as Error).message.split("\n")[0] ?? "" };
    }
}

/**
 * How a version without users is taken away, after what was counted of it.
 *
 * @param where what a command needs to be about this stack.
 */
export function removalWords(service: string, version: string, counted: Quiet, where: string): string {
    const how = `To take ${version} away: leave it out of \`versions\` in the program, of the VersionedService and of the TrafficSplit, then\n  pulumi config rm --path weights.${service}.${version} && pulumi up`;
    if ("unknown" in counted)
        return `Whether ${version} still gets requests could not be counted (${counted.unknown}); see it first: npx upshift graph${where}\n${how}`;
    const { requests, seconds } = counted;
    if (requests === 0) return `${version} has had no request for ${seconds} s, as its callers' proxies count.\n${how}`;
    return `${version} has had ${requests} requests in ${seconds} s: a header, a cookie or a route of somebody's own leads there. Leave it until it has none: npx upshift route ${service}${where}\nThen: ${how}`;
}
