import { type CountSource, countsBetween, type Reading } from "../../gate/counts";
import type { ServiceName } from "../../gate/sources/queries";

/** Whether a version is still asked, as its callers count; or why nobody could count. */
export type Quiet =
    | {
          readonly seconds: number;
          readonly requests: number;
          /** Requests that are under way: a stream, a WebSocket or a connection is one for as long as it is open. */
          readonly open: number;
      }
    | { readonly unknown: string };

/** What is read, and how one waits between two readings. */
export interface Counting {
    readonly source: Pick<CountSource, "read" | "resolution"> & {
        /** Requests that are under way, by version. */
        open(host: ServiceName): Promise<Readonly<Record<string, number>>>;
    };
    readonly rest: (seconds: number) => Promise<void>;
}

/** Seconds for which a version is watched at least. */
export const leastSeconds = 10;

/**
 * Counts the requests that a version still gets: by a header, a cookie, or a proxy that has not heard of the new routes; and those
 * that are open, however long ago they were sent.
 *
 * @param host of the Service in front of all versions.
 * @param least seconds for which it is watched; default ten. A source that takes longer to see a request is waited for.
 */
export async function quietness(
    host: ServiceName,
    version: string,
    { source, rest }: Counting,
    least = leastSeconds,
): Promise<Quiet> {
    const seconds = Math.max(least, source.resolution);
    try {
        const before = await source.read(host);
        await rest(seconds);
        const after = await source.read(host);
        const open = await source.open(host);
        return {
            seconds: Math.round(after.at - before.at),
            requests: countsBetween(withNew(before, after), after)[version]?.requests ?? 0,
            open: open[version] ?? 0,
        };
    } catch (error) {
        return { unknown: (error as Error).message.split("\n")[0] ?? "" };
    }
}

/** A caller that was not there before has asked since: of a gate it would be a starting point, and here it may be the last user. */
function withNew(before: Reading, { callers }: Reading): Reading {
    const known = new Set(before.callers.map(({ caller }) => caller));
    const fresh = callers.filter(({ caller }) => !known.has(caller)).map(({ caller }) => ({ caller, versions: {} }));
    return { ...before, callers: [...before.callers, ...fresh] };
}

/** Whether nobody asks it: what could not be counted may be anything. */
export function isQuiet(counted: Quiet): boolean {
    return !("unknown" in counted) && counted.requests === 0 && counted.open === 0;
}

/** What was counted of a version, in words, with what to look at where it is not quiet. @param where what a command needs to be about this stack */
export function quietWords(service: string, version: string, counted: Quiet, where: string): string {
    if ("unknown" in counted)
        return `Whether ${version} still gets requests could not be counted (${counted.unknown}); see it first: npx upshift graph${where}`;
    const { requests, open, seconds } = counted;
    const look = `npx upshift route ${service}${where}`;
    if (requests > 0)
        return `${version} has had ${requests} requests in ${seconds} s: a header, a cookie or a route of somebody's own leads there. Leave it until it has none: ${look}`;
    if (open > 0)
        return `${version} has had no new request for ${seconds} s, and ${open} that are open still: streams or connections end with whoever has opened them.`;
    return `${version} has had no request for ${seconds} s, as its callers' proxies count.`;
}
