import { z } from "zod";

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
        version: z.number(),
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
 * What `pulumi stack history --json` prints, the oldest first: it prints the newest first, and only some backends number them. One
 * of files calls each of them version 0.
 *
 * @throws when it is none of that.
 */
export function updatesIn(printed: string): Update[] {
    return updates.parse(JSON.parse(printed)).reverse();
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
    const entries = oldestFirst.map((update): HistoryEntry => {
        const asked = sharesIn(update.config[`${project}:weights`]?.value);
        const moves = [...asked].flatMap(([at, { service, version, share }]) => {
            const from = applied.get(at)?.share ?? 0;
            return from === share ? [] : [{ service, version, from, to: share }];
        });
        if (update.result === "succeeded") applied = asked;
        const { "git.head": commit, "git.dirty": dirty } = update.environment;
        return {
            version: update.version,
            at: update.endTime ?? update.startTime,
            result: update.result,
            message: update.message,
            ...(commit && { commit }),
            isDirty: dirty === "true",
            moves,
        };
    });
    return entries.filter(({ moves }) => moves.length > 0).reverse();
}

/** By service and version. */
export type Shares = ReadonlyMap<string, { service: string; version: string; share: number }>;

/** `weights.<service>.<version>`, or `weights.<version>` where a project has one service. */
export function sharesIn(text: string | undefined): Shares {
    const all = z.record(z.string(), z.unknown()).safeParse(text === undefined ? {} : JSON.parse(text)).data ?? {};
    const flat = Object.entries(all).flatMap(([service, value]) =>
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
        .map(({ at, result, moves, message, commit, isDirty }) => {
            const said = moves.map(
                ({ service, version, from, to }) => `${service ? `${service} ` : ""}${version} ${from} → ${to}`,
            );
            const from =
                commit === undefined ? "" : ` (${commit.slice(0, 8)}${isDirty ? ", and more in the folder" : ""})`;
            return `${at}  ${result === "succeeded" ? "" : `${result}: `}${said.join(", ")}\n    ${message.split("\n")[0] ?? ""}${from}`;
        })
        .join("\n");
}
