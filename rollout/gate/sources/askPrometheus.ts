import type { Dispatcher } from "undici";

/** What a question to Prometheus needs beside its words. */
export interface Asking {
    readonly headers?: Readonly<Record<string, string>> | undefined;
    /** By default undici's own: for another certificate, or the API server's. */
    readonly dispatcher?: Dispatcher | undefined;
    /** How long the answer may take, in milliseconds. Default 5,000: a gate looks again in some seconds. */
    readonly timeoutMs?: number | undefined;
    /** Gives the question up. */
    readonly signal?: AbortSignal | undefined;
}

const usualTimeoutMs = 5000;

/**
 * Asks Prometheus' HTTP interface.
 *
 * @param url where it answers, with the path before `/api/v1` if there is one.
 * @param what `query` for an instant, `query_range` for a stretch of time.
 * @throws where there is no answer; `wordsOf` says it for people.
 */
export async function askPrometheus(
    url: string,
    what: "query" | "query_range",
    parameters: Readonly<Record<string, string>>,
    { headers, dispatcher, timeoutMs = usualTimeoutMs, signal }: Asking = {},
): Promise<{ status: number; text: string }> {
    const { request } = await import("../../request");
    const limit = AbortSignal.timeout(timeoutMs);
    const asked = `${url.replace(/\/$/, "")}/api/v1/${what}?${new URLSearchParams(parameters).toString()}`;
    const answer = await request(asked, {
        headers: { ...headers },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal: signal ? AbortSignal.any([limit, signal]) : limit,
        ...(dispatcher && { dispatcher }),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
}

/** Why there was no answer, as the end of a sentence. */
export function wordsOf(error: unknown, timeoutMs = usualTimeoutMs): string {
    const { name, message, code } = error as Error & { code?: string };
    return name === "TimeoutError" ? `no answer in ${timeoutMs / 1000} s` : message || code || name;
}
