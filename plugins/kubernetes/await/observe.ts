import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient, WatchEvent } from "../client";
import type { Discovery } from "../discovery";
import type { Severity } from "../engine";
import { ApiError, NotReadyError } from "../errors";
import { nameOf, objectsAt, stringAt, type Kind } from "../objects";
import type { Properties } from "../values";

/** A set of objects to look at. */
export interface Source extends Kind {
    namespace: string;
    /** Only the object of this name. */
    name?: string;
    /** Only objects with these labels. */
    labels?: Readonly<Record<string, string>>;
}

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

export interface Surroundings {
    client: ApiClient;
    discovery: Discovery;
    /** Fires when the engine wants to end. */
    cancelled: AbortSignal;
    status: (message: string, severity?: Severity) => void;
}

/**
 * Watches an object, and what belongs to it, until it is judged to be ready.
 *
 * @returns the object as last seen; undefined when that is what was waited for (a deletion).
 * @throws NotReadyError after the timeout, when waiting is hopeless, or when the user cancels; with the reasons last known.
 */
export async function waitUntilReady(self: Source, readiness: Readiness, seen: Properties, timeoutMs: number, around: Surroundings): Promise<Properties | undefined> {
    const stop = new AbortController();
    const collections = [self, ...readiness.sources(seen)].map((source) => new Collection(source, around, stop.signal));
    let last: { sight: Sight; verdict: Verdict } | undefined;
    try {
        return await new Promise<Properties | undefined>((resolve, reject) => {
            const giveUp = (message: string): void => reject(new NotReadyError(message, last?.verdict.reasons ?? [], last?.sight.object ?? seen));
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
export async function judgeOnce(self: Source, readiness: Readiness, seen: Properties, around: Surroundings): Promise<void> {
    const collections = readiness.sources(seen).map((source) => new Collection(source, around, around.cancelled));
    await Promise.all(collections.map((collection) => collection.list()));
    const verdict = readiness.judge({ object: seen, related: collections.map(({ objects }) => objects), quietMs: Infinity });
    if (verdict.progress) around.status(verdict.progress.message, verdict.progress.severity);
    if (!verdict.isReady) throw new NotReadyError(`Resource '${self.name}' was created but failed to initialize`, verdict.reasons, seen);
}

function look([self, ...others]: readonly Collection[]): Sight {
    const changedAt = Math.max(...[self, ...others].map((collection) => collection?.changedAt ?? 0));
    return { object: self?.objects[0], related: others.map(({ objects }) => objects), quietMs: Date.now() - changedAt };
}

/** Objects of one source, kept up to date by a watch. */
class Collection {
    isKnown = false;
    changedAt = 0;
    private readonly byUid = new Map<string, Properties>();

    constructor(
        private readonly source: Source,
        private readonly around: Surroundings,
        private readonly signal: AbortSignal,
    ) {}

    get objects(): Properties[] {
        return [...this.byUid.values()];
    }

    /** Reads everything once. @returns the version to watch from. */
    async list(): Promise<string> {
        const { path, query } = await this.address();
        const list = await this.around.client.request("GET", path, { query, signal: this.signal });
        this.byUid.clear();
        for (const item of objectsAt(list, "items")) this.byUid.set(stringAt(item, "metadata", "uid"), { ...this.kind(), ...item });
        this.isKnown = true;
        this.changedAt = Date.now();
        return stringAt(list, "metadata", "resourceVersion");
    }

    /** Reads, then watches until the signal fires; streams that end are opened again. */
    async follow(onChange: () => void): Promise<void> {
        while (!this.signal.aborted) {
            try {
                let version = await this.list();
                onChange();
                const { path, query } = await this.address();
                while (!this.signal.aborted && version) {
                    const before = version;
                    await this.around.client.watch(
                        path,
                        { ...query, resourceVersion: version },
                        (event) => {
                            version = this.take(event);
                            if (event.type !== "BOOKMARK") onChange();
                        },
                        this.signal,
                    );
                    if (version === before) break;
                }
            } catch (error) {
                if (this.signal.aborted) return;
                if (error instanceof ApiError && (error.code === 403 || error.code === 401)) throw error;
            }
            // Whatever broke off (a server that restarts, a version that is too old) is asked again, without haste.
            await delay(100, undefined, { signal: this.signal }).catch(() => undefined);
        }
    }

    /** @returns the version to go on from; empty when everything has to be read again. */
    private take({ type, object }: WatchEvent): string {
        if (type === "ERROR") return "";
        const uid = stringAt(object, "metadata", "uid");
        if (type === "DELETED") this.byUid.delete(uid);
        else if (type !== "BOOKMARK") this.byUid.set(uid, object);
        if (type !== "BOOKMARK") this.changedAt = Date.now();
        return stringAt(object, "metadata", "resourceVersion");
    }

    private async address(): Promise<{ path: string; query: Record<string, string | undefined> }> {
        const { namespace, name, labels } = this.source;
        const labelSelector = labels && Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(",");
        return {
            path: await this.around.discovery.path(this.source, namespace),
            query: { fieldSelector: name && `metadata.name=${name}`, labelSelector: labelSelector || undefined },
        };
    }

    /** Items of a list do not say what they are. */
    private kind(): Kind {
        return { apiVersion: this.source.apiVersion, kind: this.source.kind };
    }
}

