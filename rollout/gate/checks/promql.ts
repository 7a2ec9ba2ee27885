import type { Verdict } from "../gate";
import { askPrometheus, wordsOf } from "../sources/askPrometheus";
import { rowsIn, type Row } from "../sources/rows";
import type { About, Answer, Asker } from "./check";
import { withoutSecrets } from "./words";

/** A query, and what its numbers must keep to. */
export interface PromqlArgs {
    readonly query: string;
    readonly max?: number | undefined;
    readonly min?: number | undefined;
    readonly url: string;
    readonly timeoutSeconds: number;
}

/** Asks Prometheus a query of the project's own. */
export class PromqlCheck implements Asker {
    constructor(private readonly args: PromqlArgs) {}

    async ask(about: About, signal: AbortSignal): Promise<Answer> {
        const { url, timeoutSeconds } = this.args;
        const timeoutMs = timeoutSeconds * 1000;
        const query = filled(this.args.query, about);
        try {
            const { status, text } = await askPrometheus(url, "query", { query }, { timeoutMs, signal });
            return judged(rowsIn(status, text), this.args);
        } catch (error) {
            throw new Error(`Prometheus at ${withoutSecrets(url)} gives no number: ${wordsOf(error, timeoutMs)}`, {
                cause: error,
            });
        }
    }
}

/** A query with the release's own words in place of `{{service}}`, `{{namespace}}`, `{{to}}`, `{{stable}}` and `{{step}}`. */
export function filled(query: string, about: About): string {
    return query.replace(
        /\{\{\s*(service|namespace|to|stable|step)\s*\}\}/g,
        (_, word: "service" | "namespace" | "to" | "stable" | "step") => about[word],
    );
}

/**
 * - fail: a number is outside of `min` to `max`;
 * - inconclusive: there is none, or one is no number, as with a share of no requests;
 * - pass: all of them are within.
 */
export function judged(
    rows: readonly Row[],
    { max = Infinity, min = -Infinity }: Pick<PromqlArgs, "max" | "min">,
): Answer {
    const outside = rows.filter(({ value }) => value > max || value < min);
    const unknown = rows.filter(({ value }) => Number.isNaN(value));
    const [verdict, told]: [Verdict, readonly Row[]] =
        outside.length > 0
            ? ["fail", outside]
            : rows.length === 0 || unknown.length > 0
              ? ["inconclusive", unknown]
              : ["pass", rows];
    if (told.length === 0) return { verdict, evidence: "the query finds nothing" };
    const limits = [
        ...(min === -Infinity ? [] : [`at least ${min}`]),
        ...(max === Infinity ? [] : [`at most ${max}`]),
    ].join(" and ");
    const more = told.length > most ? `, and ${told.length - most} more` : "";
    return { verdict, evidence: `${told.slice(0, most).map(named).join(", ")}${more}; ${limits} is asked for` };
}

/** Series that evidence names. */
const most = 3;

function named({ labels, value }: Row): string {
    const own = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return own.length === 0 ? `${value}` : `${value} of {${own.join(",")}}`;
}
