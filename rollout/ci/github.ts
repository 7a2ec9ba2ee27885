import { setTimeout as after } from "node:timers/promises";
import { request } from "undici";
import { z } from "zod";
import { UserError } from "../../components/userError";
import { jsonOf } from "../json";

/** How GitHub's REST API is reached, and for which repository. */
export interface GitHub {
    /** `https://api.github.com`, or a server of one's own. */
    readonly api: string;
    /** A token that may write to pull requests. */
    readonly token: string;
    /** `owner/name`. */
    readonly repository: string;
    /** How time passes between two tries, in milliseconds; a test has no time. */
    readonly wait?: (milliseconds: number) => Promise<unknown>;
    /** How often something is tried. Default 5. */
    readonly attempts?: number;
    /** How long a rate limit, or one answer, is waited for at most, in milliseconds. Default: two minutes, and 30 s. */
    readonly patience?: number;
    /** Ends what is under way. */
    readonly signal?: AbortSignal;
}

/** What became of a comment. */
export interface Posted {
    readonly action: "created" | "edited" | "unchanged";
    readonly url: string;
}

const usualAttempts = 5;
/** The longest that a rate limit is waited for, in milliseconds; a job that waits longer costs more than it is worth. */
const timeoutMs = 120_000;
/** The longest that one answer is waited for, in milliseconds. */
const answerMs = 30_000;

const comment = z.object({ id: z.number(), body: z.string().nullish(), html_url: z.string() });
type Comment = z.infer<typeof comment>;

/**
 * Writes a comment on a pull request, or edits the one that begins with the same marker. What fails for a while (rate limits,
 * the server, the network) is tried again from the start, so that a comment whose answer was lost is found and not made twice.
 *
 * @param body begins with the marker.
 * @throws when GitHub refuses, or does not answer after several tries; the message says what to do.
 */
export async function postComment(github: GitHub, pullRequest: number, marker: string, body: string): Promise<Posted> {
    return tried(github, "comment", () => upsert(github, pullRequest, marker, body));
}

/**
 * Does something at GitHub, and does it again from the start where it fails for a while: so it looks first whether the try before,
 * whose answer was lost, has done it.
 *
 * @param what it is to take, for the message.
 * @throws when GitHub refuses, or does not answer after several tries; the message says what to do.
 */
export async function tried<Result>(github: GitHub, what: string, act: () => Promise<Result>): Promise<Result> {
    const { attempts = usualAttempts, patience = timeoutMs, signal } = github;
    const rest = (ms: number): Promise<unknown> => after(ms, undefined, signal && { signal }).catch(() => undefined);
    const { wait = rest } = github;
    for (let attempt = 1; ; attempt++) {
        try {
            return await act();
        } catch (error) {
            if (!(error instanceof TryAgain)) throw error;
            const pause = error.after ?? 1000 * 2 ** (attempt - 1);
            if (attempt >= attempts || pause > patience || signal?.aborted)
                throw new UserError({
                    what: `GitHub took no ${what} after ${attempt} ${attempt === 1 ? "try" : "tries"}: ${error.message}.`,
                    fix: "run the job again later",
                });
            await wait(pause);
        }
    }
}

async function upsert(github: GitHub, pullRequest: number, marker: string, body: string): Promise<Posted> {
    const mine = await commentsWith(github, pullRequest, marker);
    for (const found of mine) {
        if (found.body === body) return { action: "unchanged", url: found.html_url };
        const path = `/repos/${github.repository}/issues/comments/${found.id}`;
        const edited = await call(github, "PATCH", path, { body }, [403, 404]);
        // Somebody else's comment with our marker, or one that has just been deleted: not ours to edit.
        if (edited.status < 300) return { action: "edited", url: comment.parse(edited.json).html_url };
    }
    const { json } = await call(github, "POST", `/repos/${github.repository}/issues/${pullRequest}/comments`, { body });
    return { action: "created", url: comment.parse(json).html_url };
}

/** Looks through all pages: a busy pull request has more comments than one page holds. */
async function commentsWith(github: GitHub, pullRequest: number, marker: string): Promise<Comment[]> {
    const found: Comment[] = [];
    let path: string | undefined = `/repos/${github.repository}/issues/${pullRequest}/comments?per_page=100`;
    while (path) {
        const { json, next }: Answer = await call(github, "GET", path);
        found.push(
            ...z
                .array(comment)
                .parse(json)
                .filter((one) => one.body?.startsWith(marker)),
        );
        path = next;
    }
    return found;
}

/** What GitHub answered. */
export interface Answer {
    readonly status: number;
    readonly json: unknown;
    /** The path of the next page. */
    readonly next?: string | undefined;
}

/** A failure that may pass. */
class TryAgain extends Error {
    constructor(
        message: string,
        /** When the server said to come again, in milliseconds from now. */
        readonly after?: number,
    ) {
        super(message);
    }
}

/**
 * Asks GitHub one thing. A redirect is no answer, and the token is sent nowhere else.
 *
 * @param allowed statuses that are an answer and no failure.
 * @throws what `tried` tries again; else what GitHub said, and what the token may lack.
 */
export async function call(
    { api, token, patience, signal }: GitHub,
    method: "GET" | "POST" | "PATCH",
    path: string,
    body?: object,
    allowed: readonly number[] = [],
): Promise<Answer> {
    const headers = {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "user-agent": "upshift",
        "x-github-api-version": "2022-11-28",
    };
    const sent = body && JSON.stringify(body);
    const answer = await request(`${api}${path}`, {
        method,
        headers,
        body: sent ?? null,
        bodyTimeout: Math.min(answerMs, patience ?? answerMs),
        headersTimeout: Math.min(answerMs, patience ?? answerMs),
        ...(signal && { signal }),
    }).catch((error: Error) => {
        throw new TryAgain(`${method} ${path}: ${error.message}`);
    });
    const text = await answer.body.text().catch((error: Error) => {
        throw new TryAgain(`${method} ${path}: ${error.message}`);
    });
    const { statusCode: status } = answer;
    const said = `${method} ${path.split("?")[0]} answered ${status}${messageIn(text)}`;
    const limited =
        status === 429 ||
        (status === 403 &&
            (answer.headers["retry-after"] !== undefined || answer.headers["x-ratelimit-remaining"] === "0"));
    if (limited) throw new TryAgain(said, pauseIn(answer.headers));
    if (status >= 500) throw new TryAgain(said);
    if (status >= 300 && !allowed.includes(status))
        throw new UserError({ what: `${said}.`, fix: wayOut(status, path) });
    return { status, json: jsonOf(text), next: nextPage(api, answer.headers.link) };
}

function wayOut(status: number, path: string): string {
    if (status === 401) return "give a token that is valid: GITHUB_TOKEN";
    if (path.includes("/deployments")) return "the job needs `permissions: deployments: write`";
    if (status === 422) return "look at the comment's length and form";
    return "the job needs `permissions: pull-requests: write`, and the pull request must be of this repository";
}

/** When the server says to come again; nothing where it does not say. */
function pauseIn(headers: Record<string, string | string[] | undefined>): number | undefined {
    const seconds = Number(headers["retry-after"] ?? NaN);
    if (Number.isFinite(seconds)) return seconds * 1000;
    const reset = Number(headers["x-ratelimit-reset"] ?? NaN);
    return Number.isFinite(reset) ? Math.max(0, reset * 1000 - Date.now()) : undefined;
}

/** Only a page of the same server is asked: the token goes nowhere else. */
function nextPage(api: string, link: string | string[] | undefined): string | undefined {
    const next = /<([^>]+)>;\s*rel="next"/.exec([link].flat().join(", "))?.[1];
    return next?.startsWith(`${api}/`) ? next.slice(api.length) : undefined;
}

function messageIn(text: string): string {
    const { message } = (jsonOf(text) ?? {}) as { message?: unknown };
    return typeof message === "string" ? `: ${message}` : "";
}
