import type { Severity } from "../engine";
import { NotReadyError } from "../errors";
import { nameOf } from "../objects";
import type { Properties } from "../values";
import { Collection, type Source, type Surroundings } from "./collection";

/** What can be said of an object at one moment. */
export interface Verdict {
    isReady: boolean;
    /** It never will be: there is nothing to wait for. */
    hasFailed?: boolean;
    /** The line to show beside the resource. */
    progress?: { message: string; severity?: Severity };
    /** Why it is not ready, the most general first. */
    reasons: readonly string[];
    /** Judge again after this time even when nothing changes. */
    againInMs?: number;
}

/** What is known when an object is judged. */
export interface Sight {
    /** The object itself as it is now; undefined when it is not there. */
    object: Properties | undefined;
    /** The objects of each further source, in its order. */
    related: readonly (readonly Properties[])[];
    /** How long nothing has changed. Infinite when there is no time to wait (a refresh). */
    quietMs: number;
}

/** How to find out whether objects of a kind are ready. */
export interface Readiness {
    /** What else to look at, beside the object. */
    sources: (object: Properties) => Source[];
    judge: (sight: Sight) => Verdict;
}

/**
 * Watches an object, and what belongs to it, until it is judged to be ready.
 *
 * @returns the object as last seen; undefined when that is what was waited for (a deletion).
 * @throws NotReadyError after the timeout, when waiting is hopeless, or when the user cancels; with the reasons last known.
 */
export async function waitUntilReady(
    self: Source,
    readiness: Readiness,
    seen: Properties,
    timeoutMs: number,
    around: Surroundings,
): Promise<Properties | undefined> {
    const stop = new AbortController();
    const collections = [self, ...readiness.sources(seen)].map((source) => new Collection(source, around, stop.signal));
    let last: { sight: Sight; verdict: Verdict } | undefined;
    try {
        return await new Promise<Properties | undefined>((resolve, reject) => {
            const giveUp = (message: string): void =>
                reject(new NotReadyError(message, last?.verdict.reasons ?? [], last?.sight.object ?? seen));
            const judge = (): void => {
                if (!collections.every((collection) => collection.isKnown)) return;
                const sight = look(collections);
                const verdict = readiness.judge(sight);
                last = { sight, verdict };
                if (verdict.progress) around.status(verdict.progress.message, verdict.progress.severity);
                if (verdict.isReady) resolve(sight.object);
                else if (verdict.hasFailed) giveUp(`Resource '${nameOf(seen)}' was created but failed to initialize`);
                else if (verdict.againInMs !== undefined) again(verdict.againInMs);
            };
            const judgeOrReject = (): void => {
                try {
                    judge();
                } catch (error) {
                    reject(error instanceof Error ? error : new Error(String(error)));
                }
            };
            let timer: NodeJS.Timeout | undefined;
            const again = (ms: number): void => {
                clearTimeout(timer);
                timer = setTimeout(judgeOrReject, ms);
            };
            const deadline = setTimeout(() => giveUp(`'${nameOf(seen)}' timed out waiting to be Ready`), timeoutMs);
            const cancel = (): void => giveUp(`Resource operation was cancelled for "${nameOf(seen)}"`);
            if (around.cancelled.aborted) cancel();
            around.cancelled.addEventListener("abort", cancel);
            stop.signal.addEventListener("abort", () => {
                clearTimeout(timer);
                clearTimeout(deadline);
                around.cancelled.removeEventListener("abort", cancel);
            });
            for (const collection of collections) collection.follow(judgeOrReject).catch(reject);
        });
    } finally {
        stop.abort();
    }
}

/** Judges once, without waiting. @throws NotReadyError */
export async function judgeOnce(
    self: Source,
    readiness: Readiness,
    seen: Properties,
    around: Surroundings,
): Promise<void> {
    const collections = readiness.sources(seen).map((source) => new Collection(source, around, around.cancelled));
    await Promise.all(collections.map((collection) => collection.list()));
    const verdict = readiness.judge({
        object: seen,
        related: collections.map(({ objects }) => objects),
        quietMs: Infinity,
    });
    if (verdict.progress) around.status(verdict.progress.message, verdict.progress.severity);
    if (!verdict.isReady)
        throw new NotReadyError(`Resource '${self.name}' was created but failed to initialize`, verdict.reasons, seen);
}

function look([self, ...others]: readonly Collection[]): Sight {
    const changedAt = Math.max(...[self, ...others].map((collection) => collection?.changedAt ?? 0));
    return { object: self?.objects[0], related: others.map(({ objects }) => objects), quietMs: Date.now() - changedAt };
}
