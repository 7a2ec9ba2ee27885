import type { Dispatcher } from "undici";
import { z } from "zod";
import type { About, Answer, Asker } from "./check";
import { jsonOf } from "../../json";
import { wordsOf } from "../sources/askPrometheus";
import { oneLine, withoutSecrets } from "./words";

/** Bytes of an answer that are read: a verdict and a reason need less. */
const mostBytes = 64 * 1024;

/** Statuses that say that it was asked in a wrong way, or too often, and nothing of the new version. */
const aboutTheAsking = [401, 403, 404, 405, 407, 408, 429];

/**
 * Asks somebody else's service with a POST of `{service, to, stable, step, weights, stack}`. It never follows a redirect: who is
 * asked stands in the config. Messages name the server alone, because the rest of a webhook's address is often its secret.
 */
export class WebhookCheck implements Asker {
    constructor(
        private readonly url: string,
        private readonly timeoutSeconds: number,
    ) {}

    async ask({ service, to, stable, step, weights, stack }: About, signal: AbortSignal): Promise<Answer> {
        const { url, timeoutSeconds } = this;
        const timeoutMs = timeoutSeconds * 1000;
        try {
            const { request } = await import("../../request");
            const answer = await request(url, {
                method: "POST",
                headers: { "content-type": "application/json", accept: "application/json" },
                body: JSON.stringify({ service, to, stable, step, weights, stack }),
                headersTimeout: timeoutMs,
                bodyTimeout: timeoutMs,
                signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
            });
            return answerIn(answer.statusCode, await beginOf(answer.body));
        } catch (error) {
            throw new Error(`${withoutSecrets(url)} does not answer: ${wordsOf(error, timeoutMs)}`, { cause: error });
        }
    }
}

/**
 * What an answer says:
 * - `{"verdict": "pass" | "fail" | "hold", "reason"?}`, whatever its status from 200 to 499, says so itself;
 * - any other 2xx passes, unless its verdict is none of those;
 * - 4xx with a reason fails, but for those that are about the asking (401, 403, 404, 405, 407, 408, 429);
 * - all else says nothing of the version: inconclusive.
 */
export function answerIn(status: number, text: string): Answer {
    const { verdict, reason } = said.safeParse(jsonOf(text)).data ?? {};
    const why = typeof reason === "string" && reason.trim() !== "" ? oneLine(reason) : undefined;
    const evidence = `answered ${status}${why === undefined ? "" : `: ${why}`}`;
    const isOk = status >= 200 && status < 300;
    const isRefused = status >= 400 && status < 500;
    if (verdict !== undefined && (isOk || isRefused)) {
        const { data } = verdicts.safeParse(verdict);
        if (data) return { verdict: data, evidence };
        const odd = oneLine(JSON.stringify(verdict), 80);
        return { verdict: "inconclusive", evidence: `${evidence}; the verdict ${odd} is none of pass, fail, hold` };
    }
    if (isOk) return { verdict: "pass", evidence };
    if (isRefused && why !== undefined && !aboutTheAsking.includes(status)) return { verdict: "fail", evidence };
    const where = status >= 300 && status < 400 ? "; redirects are not followed" : "";
    return { verdict: "inconclusive", evidence: `${evidence}${where}` };
}

const said = z.object({ verdict: z.unknown().optional(), reason: z.unknown().optional() });
const verdicts = z.enum(["pass", "fail", "hold"]);

async function beginOf(body: Dispatcher.ResponseData["body"]): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        size += chunk.length;
        // Leaving the loop ends the connection.
        if (size > mostBytes) throw new Error(`its answer is longer than ${mostBytes} bytes`);
    }
    return Buffer.concat(chunks).toString("utf8");
}
