import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient, WatchEvent } from "../client";
import type { Discovery } from "../discovery";
import type { Severity } from "../engine";
import { isDenied } from "../errors";
import { objectsAt, stringAt, type Kind } from "../objects";
import type { Properties } from "../values";

/** A set of objects to look at. */
export interface Source extends Kind {
    namespace: string;
    /** Only the object of this name. */
    name?: string;
    /** Only objects with these labels. */
    labels?: Readonly<Record<string, string>> | undefined;
    /** A user who may not look at it has none of it, instead of an error. */
    mayBeDenied?: boolean;
}

/** What waiting works with. */
export interface Surroundings {
    client: ApiClient;
    discovery: Discovery;
    /** Fires when the engine wants to end. */
    cancelled: AbortSignal;
    status: (message: string, severity?: Severity) => void;
}

/** Objects of one source, kept up to date by a watch. */
export class Collection {
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
        for (const item of objectsAt(list, "items"))
            this.byUid.set(stringAt(item, "metadata", "uid"), { ...this.kind(), ...item });
        this.isKnown = true;
        this.changedAt = Date.now();
        return stringAt(list, "metadata", "resourceVersion");
    }

    /** Reads, then watches until the signal fires; streams that end are opened again. */
    async follow(onChange: () => void): Promise<void> {
        while (!this.isOver()) {
            try {
                let version = await this.list();
                onChange();
                const { path, query } = await this.address();
                while (!this.isOver() && version) {
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
                if (this.isOver()) return;
                if (isDenied(error)) {
                    if (!this.source.mayBeDenied) throw error;
                    this.isKnown = true;
                    onChange();
                    return;
                }
            }
            // Whatever broke off (a server that restarts, a version that is too old) is asked again, without haste.
            await delay(100, undefined, { signal: this.signal }).catch(() => undefined);
        }
    }

    private isOver(): boolean {
        return this.signal.aborted;
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
        const labelSelector =
            labels &&
            Object.entries(labels)
                .map(([key, value]) => `${key}=${value}`)
                .join(",");
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
