import type { ApiClient } from "./client";
import { isOnlyBy } from "./fields";
import { stringAt } from "./objects";
import type { Properties } from "./values";

/**
 * Finds what a creation has made whose answer got lost. Without it the object would be in the cluster and not in the state, and the next
 * update would be told that it exists already.
 *
 * It is ours where nobody has written it but the manager of our creations, and where it is no older than our attempt. Other programs create
 * by that name too (every Pulumi does), so that the age decides, and it is taken by one clock, the server's: a user's may be minutes off.
 *
 * @param path of the object
 * @param attemptedAt when the creation was first sent, by `performance.now()`
 * @returns undefined where it is not there, is not surely ours, or can't be asked for
 */
export async function madeSince(
    client: ApiClient,
    path: string,
    manager: string,
    attemptedAt: number,
): Promise<Properties | undefined> {
    // Asked also when everything else is cancelled: what is in the cluster has to get into the state.
    const signal = AbortSignal.timeout(longestMs);
    try {
        const object = await client.request("GET", path, { signal });
        if (!isOnlyBy(object, manager)) return undefined;
        const ageMs =
            (await serverTime(client, signal)) - Date.parse(stringAt(object, "metadata", "creationTimestamp"));
        return ageMs < performance.now() - attemptedAt + granularityMs ? object : undefined;
    } catch {
        return undefined;
    }
}

/** For how long it is asked. The user may have cancelled, and waits. */
const longestMs = 10_000;
/** Servers tell times in whole seconds. */
const granularityMs = 1000;

/** What the server's clock shows, in milliseconds since 1970. A review of oneself is allowed to everybody, made when it is asked for, and kept nowhere. */
async function serverTime(client: ApiClient, signal: AbortSignal): Promise<number> {
    const [apiVersion, kind] = ["authentication.k8s.io/v1", "SelfSubjectReview"];
    const path = `/apis/${apiVersion}/selfsubjectreviews`;
    const review = await client.request("POST", path, { body: { apiVersion, kind }, signal });
    return Date.parse(stringAt(review, "metadata", "creationTimestamp"));
}
