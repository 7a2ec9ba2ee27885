import { configMap } from "../../config/values";
import { type Shares, sharesIn, type Update } from "../history";

/** How a release went; `undefined` while it goes on. */
export type Result = "done" | "rolled_back" | "aborted";

/** A release as the stack's history has it, whoever took its steps. Times are in seconds since 1970. */
export interface PastRelease {
    readonly service: string;
    readonly to: string;
    readonly began: number;
    ended?: number;
    result?: Result;
    /** For how long it waited at pauses, in seconds, as its driver has seen it. */
    paused: number;
}

/** What a stack's history says of the users of its services. */
export interface Past {
    readonly services: readonly string[];
    readonly releases: readonly PastRelease[];
    /** Updates that raised a version, or were to. */
    readonly steps: readonly { readonly service: string; readonly result: "succeeded" | "failed" }[];
    /** Ways back to stable: by a gate, or by somebody. */
    readonly rollbacks: readonly { readonly service: string; readonly by: "gate" | "hand" }[];
    /** When an update last moved users of a service. */
    readonly lastChange: ReadonlyMap<string, number>;
}

/** What is known beside the history. */
export interface Beside {
    /** Whose config holds the weights. */
    readonly project: string;
    /** The stable version of each service, as it is applied. */
    readonly stable: Readonly<Record<string, string>>;
    /** How the service is called in a project whose `weights` are those of a single one. */
    readonly only?: string;
}

/**
 * Reads releases out of a stack's history: one begins with the header test or the copies that a driver notes, or with the first share of
 * a version other than stable, and ends where that version has everybody or nobody.
 *
 * @param updates the oldest first.
 */
export function pastOf(updates: readonly Update[], beside: Beside): Past {
    const books = new Map<string, Book>();
    const everSaid = new Set(updates.flatMap((update) => Object.keys(stableIn(update, beside.project))));
    for (const update of updates) {
        // A refresh has the config of its day as well, and applies nothing of it.
        if (update.kind !== "update" || update.result === "in-progress") continue;
        const asked = byService(sharesIn(update.config[`${beside.project}:weights`]?.value), beside);
        const said = saidBy(update.message);
        for (const service of new Set([...asked.keys(), ...said.services])) {
            const own = books.get(service) ?? new Book(service);
            books.set(service, own);
            const shares = asked.get(service) ?? {};
            // Before the config named one it was whatever the program takes: what had most users when it was first seen.
            const applied = everSaid.has(service) ? undefined : beside.stable[service];
            const stable = stableIn(update, beside.project)[service] ?? applied ?? own.first(shares);
            own.note(update, shares, stable, said.services.includes(service) ? said : undefined);
        }
    }
    const all = [...books.values()];
    return {
        services: [...books.keys()].sort(),
        releases: all.flatMap(({ releases }) => releases),
        steps: all.flatMap(({ steps }) => steps),
        rollbacks: all.flatMap(({ rollbacks }) => rollbacks),
        lastChange: new Map(all.flatMap((own) => (own.changed === undefined ? [] : [[own.service, own.changed]]))),
    };
}

type OwnShares = Readonly<Record<string, number>>;

/** What the history says of one service so far. */
class Book {
    readonly releases: PastRelease[] = [];
    readonly steps: Past["steps"][number][] = [];
    readonly rollbacks: Past["rollbacks"][number][] = [];
    changed?: number;
    private shares?: OwnShares;
    private most?: string;

    constructor(readonly service: string) {}

    /** The version that had most users when the service was first seen. */
    first(shares: OwnShares): string {
        const [most] = Object.entries(shares).sort(([, one], [, other]) => other - one);
        if (most) this.most ??= most[0];
        return this.most ?? "";
    }

    note(update: Update, asked: OwnShares, stable: string, said: Said | undefined): void {
        const before = this.shares ?? { [stable]: 100 };
        const after = Object.keys(asked).length > 0 ? asked : before;
        const at = secondsOf(update.endTime ?? update.startTime);
        const all = Object.keys(after)
            .filter((version) => version !== stable && share(after, version) > share(before, version))
            .sort((one, other) => share(after, other) - share(after, one));
        // Beside what is released a baseline has as many.
        const raised = all.find((version) => version === said?.to[this.service]) ?? all[0];
        const isFirst = this.shares === undefined && raised === undefined;
        if (raised !== undefined)
            this.steps.push({ service: this.service, result: update.result === "failed" ? "failed" : "succeeded" });
        // What an update that failed has applied, the next one that succeeds says.
        if (update.result === "failed") return;
        if (Object.keys(asked).length > 0) this.shares = asked;
        if (!isFirst && movedBetween(before, after)) this.changed = at;
        const to = raised ?? (said?.isTest ? said.to[this.service] : undefined);
        if (to !== undefined) this.goOn(to, secondsOf(update.startTime), at, said);
        if (to !== undefined && share(after, to) === 100) this.end(at, "done");
        if (raised === undefined) this.goBack(before, after, stable, at, said);
    }

    private get open(): PastRelease | undefined {
        const last = this.releases.at(-1);
        return last && last.result === undefined ? last : undefined;
    }

    private goOn(to: string, began: number, at: number, said: Said | undefined): void {
        if (this.open && this.open.to !== to) this.end(at, "aborted");
        if (!this.open) this.releases.push({ service: this.service, to, began, paused: 0 });
        if (this.open) this.open.paused += said?.paused ?? 0;
    }

    private goBack(before: OwnShares, after: OwnShares, stable: string, at: number, said: Said | undefined): void {
        const left = Object.keys(before).some(
            (version) => version !== stable && share(before, version) > 0 && share(after, version) === 0,
        );
        const isBack = said?.back !== undefined && (left || this.open !== undefined);
        if (!isBack && !(left && share(after, stable) === 100)) return;
        const by = said?.back ?? "hand";
        this.rollbacks.push({ service: this.service, by });
        this.end(at, by === "gate" ? "rolled_back" : "aborted");
    }

    private end(at: number, result: Result): void {
        const { open } = this;
        if (open) Object.assign(open, { ended: at, result });
    }
}

/** What a driver, or an abort by hand, has written into the history. */
interface Said {
    readonly services: readonly string[];
    readonly to: Readonly<Record<string, string>>;
    /** Of a step that moves no user by weight. */
    readonly isTest: boolean;
    readonly back?: "gate" | "hand";
    readonly paused: number;
}

/** `upshift: review v2: 10; paused 60 s`, of several `review v2, product v2`; `upshift: review back to v1: why`. */
function saidBy(message: string): Said {
    const nothing = { services: [], to: {}, isTest: false, paused: 0 };
    const [, what, rest] = /^upshift: ([^:]+): ([^]*)$/.exec(message) ?? [];
    if (what === undefined || rest === undefined) return nothing;
    const parts = what.split(", ");
    const back = parts.flatMap((part) => /^(\S+) back to \S+$/.exec(part)?.[1] ?? []);
    if (back.length > 0)
        return { ...nothing, services: back, back: rest.startsWith("somebody asked for it") ? "hand" : "gate" };
    const to = Object.fromEntries(
        parts.flatMap((part) => {
            const [, service, version] = /^(\S+) (\S+)$/.exec(part) ?? [];
            return service === undefined || version === undefined ? [] : [[service, version]];
        }),
    );
    const [, paused] = /\bpaused (\d+) s\b/.exec(rest) ?? [];
    return { services: Object.keys(to), to, isTest: /^(header|mirror)\b/.test(rest), paused: Number(paused ?? 0) };
}

function stableIn({ config }: Update, project: string): Readonly<Record<string, string>> {
    // Of a project with one service it may be a text.
    return configMap(config[`${project}:stable`]?.value) as Record<string, string>;
}

function byService(shares: Shares, { only }: Beside): Map<string, OwnShares> {
    const all = new Map<string, Record<string, number>>();
    for (const { service, version, share: percent } of shares.values()) {
        const name = service === "" ? (only ?? "") : service;
        all.set(name, { ...all.get(name), [version]: percent });
    }
    return all;
}

function share(shares: OwnShares, version: string): number {
    return shares[version] ?? 0;
}

function movedBetween(before: OwnShares, after: OwnShares): boolean {
    return [...Object.keys(before), ...Object.keys(after)].some((one) => share(before, one) !== share(after, one));
}

function secondsOf(time: string): number {
    return Date.parse(time) / 1000;
}
