import { z } from "zod";
import type { Weights } from "../../components/traffic/split/weights";
import { configMap, configValue } from "../config/values";

/** One update of a stack that moved somebody, or tried to. */
export interface HistoryEntry {
    readonly version: number;
    /** When it ended, as ISO 8601. */
    readonly at: string;
    readonly result: "succeeded" | "failed" | "in-progress";
    /** What its maker said of it: a release says who, which step and what the gate found; else it is the commit's message. */
    readonly message: string;
    /** The commit from which it was made, and whether there was more in the folder. */
    readonly commit?: string;
    readonly isDirty: boolean;
    /** Shares that its config had and that of the last successful one had not. */
    readonly moves: readonly {
        readonly service: string;
        readonly version: string;
        readonly from: number;
        readonly to: number;
    }[];
}

const updates = z.array(
    z.object({
        version: z.number().default(0),
        kind: z.string(),
        endTime: z.string().optional(),
        startTime: z.string(),
        result: z.enum(["succeeded", "failed", "in-progress"]),
        message: z.string().default(""),
        environment: z.record(z.string(), z.string()).default({}),
        config: z.record(z.string(), z.object({ value: z.string().optional() })).default({}),
    }),
);

/** An update as Pulumi's history has it, as far as it is read. */
export type Update = z.infer<typeof updates>[number];

/**
 * What `pulumi stack history --json` prints, the oldest first. A backend of files numbers none: there they count from the oldest, which
 * asks for all of them.
 *
 * @throws when it is none of that.
 */
export function updatesIn(printed: string): Update[] {
    const newestFirst = updates.parse(JSON.parse(printed));
    if (isNumbered(newestFirst)) return newestFirst.sort((one, other) => one.version - other.version);
    return newestFirst.reverse().map((update, index) => ({ ...update, version: index + 1 }));
}

/**
 * Who was moved by which update, the newest first.
 *
 * @param printed what `pulumi stack history --json` prints.
 * @param project whose config holds the weights.
 * @throws when it is none of that.
 */
export function historyIn(printed: string, project: string): HistoryEntry[] {
    const oldestFirst = updatesIn(printed);
    let applied: Shares = new Map();
    const entries = oldestFirst.flatMap((update): HistoryEntry[] => {
        // A refresh has the config of its day as well, and applies nothing of it.
        if (update.kind !== "update") {
            if (update.kind === "destroy" && update.result === "succeeded") applied = new Map();
            return [];
        }
        const asked = sharesIn(update.config[`${project}:weights`]?.value);
        const moves = [...asked].flatMap(([at, { service, version, share }]) => {
            const from = applied.get(at)?.share ?? 0;
            return from === share ? [] : [{ service, version, from, to: share }];
        });
        if (update.result === "succeeded") applied = asked;
        const { "git.head": commit, "git.dirty": dirty } = update.environment;
        return [
            {
                version: update.version,
                at: update.endTime ?? update.startTime,
                result: update.result,
                message: update.message,
                ...(commit && { commit }),
                isDirty: dirty === "true",
                moves,
            },
        ];
    });
    return entries.filter(({ moves }) => moves.length > 0).reverse();
}

/**
 * When the users of a service came to where they are, in milliseconds: with the last update that has moved them.
 *
 * @param printed and @param project as for `historyIn`.
 * @returns undefined where no update of these has.
 */
export function movedAtIn(printed: string, project: string, service: string): number | undefined {
    const last = historyIn(printed, project).find(
        ({ result, moves }) => result === "succeeded" && moves.some((one) => [service, ""].includes(one.service)),
    );
    return last && Date.parse(last.at);
}

/** What a stack's config said at one update of it. */
export interface HistoryPoint {
    readonly version: number;
    /** When it ended, as ISO 8601. */
    readonly at: string;
    readonly message: string;
    readonly succeeded: boolean;
    /** By service; of a project with one service by no name. */
    readonly weights: Readonly<Record<string, Weights>>;
    /** The canary header; undefined where there was none. */
    readonly header?: Readonly<Record<string, string>>;
}

/**
 * Every update of a stack, with where its users were to be, the newest first. What took the stack away is none.
 *
 * @param printed what `pulumi stack history --json` prints.
 * @param project whose config holds the weights.
 * @throws when it is none of that.
 */
export function pointsIn(printed: string, project: string): HistoryPoint[] {
    return updatesIn(printed)
        .filter(({ kind }) => kind === "update")
        .reverse()
        .map(({ version, endTime, startTime, message, result, config }) => {
            const weights: Record<string, Record<string, number>> = {};
            for (const one of sharesIn(config[`${project}:weights`]?.value).values())
                (weights[one.service] ??= {})[one.version] = one.share;
            const header = headerIn(config[`${project}:canaryHeader`]?.value);
            const succeeded = result === "succeeded";
            return { version, at: endTime ?? startTime, message, succeeded, weights, ...(header && { header }) };
        });
}

function isNumbered(all: readonly { readonly version?: number | undefined }[]): boolean {
    return all.every(({ version = 0 }) => version > 0);
}

/**
 * What `pulumi stack history --json` prints of a stack's last updates, or of all of them where its backend does not number them.
 *
 * @param ask runs Pulumi with these arguments, and returns what it prints.
 * @param last how many are asked for; default all.
 * @param size of a page; a test has a small one.
 */
export async function readHistory(
    ask: (args: readonly string[]) => Promise<string>,
    stack: string,
    last = Infinity,
    size = pageSize,
): Promise<string> {
    const found = new Map<string, z.infer<typeof raw>[number]>();
    for (let page = 1; ; page++) {
        const args = ["--json", "--full-dates", "--page-size", String(size), "--page", String(page)];
        const more = raw.parse(JSON.parse(await ask(["stack", "history", ...args, "--stack", stack])));
        const known = found.size;
        // An update that ends between two pages moves the last one of the first to the second.
        for (const update of more) found.set(keyOf(update), update);
        const all = [...found.values()];
        const isEnough = isNumbered(all) && all.length >= last;
        if (more.length < size || found.size === known || isEnough)
            return JSON.stringify(isNumbered(all) ? all.slice(0, last) : all);
    }
}

const raw = z.array(
    z.looseObject({
        version: z.number().optional(),
        startTime: z.string().default(""),
        message: z.string().default(""),
    }),
);

/** Where the backend gives no number, two updates differ in when they began. */
function keyOf({ version = 0, startTime, message }: z.infer<typeof raw>[number]): string {
    return `${version} ${startTime} ${message}`;
}

/** As many updates as every backend hands out at once. */
const pageSize = 100;

function headerIn(text: string | undefined): Record<string, string> | undefined {
    if (text === undefined) return undefined;
    return z.record(z.string(), z.coerce.string()).safeParse(configValue(text)).data;
}

/** By service and version. */
export type Shares = ReadonlyMap<string, { service: string; version: string; share: number }>;

/** `weights.<service>.<version>`, or `weights.<version>` where a project has one service. */
export function sharesIn(text: string | undefined): Shares {
    const flat = Object.entries(configMap(text)).flatMap(([service, value]) =>
        typeof value === "object" && value !== null
            ? Object.entries(value).map(([version, share]) => ({ service, version, share: Number(share) }))
            : [{ service: "", version: service, share: Number(value) }],
    );
    return new Map(flat.map((one) => [`${one.service} ${one.version}`, one]));
}

/** A history in lines for people. */
export function historyText(entries: readonly HistoryEntry[]): string {
    if (entries.length === 0) return "No update of this stack has moved anybody.";
    return entries
        .map(({ version, at, result, moves, message, commit, isDirty }) => {
            const said = moves.map(
                ({ service, version, from, to }) => `${service ? `${service} ` : ""}${version} ${from} → ${to}`,
            );
            const from =
                commit === undefined ? "" : ` (${commit.slice(0, 8)}${isDirty ? ", and more in the folder" : ""})`;
            return `${version}  ${at}  ${result === "succeeded" ? "" : `${result}: `}${said.join(", ")}\n    ${message.split("\n")[0] ?? ""}${from}`;
        })
        .join("\n");
}
