/**
 * The load of the bench as a program, so that it can run in the network of a pod, behind that pod's own proxy.
 * Standard input: the options as a line of JSON; its end ends the load. Standard output: what was answered, a line of JSON
 * every 20 ms.
 */
import * as readline from "node:readline";
import { Pool } from "undici";
import { versionsIn } from "../../rollout/load/answer";
import type { Batch, StreamOptions } from "./protocol";

/** Milliseconds between two words of what was answered. */
const tellMs = 20;
/** Milliseconds between two looks at which requests are due. */
const tickMs = 2;
/** A request without answer for so long has failed, in milliseconds. */
const lateMs = 10_000;

/** Sends requests at a steady rate, whether or not earlier ones were answered. Nothing is tried again. */
function send(options: StreamOptions): void {
    const { origin, host, path, rate, connections = 64 } = options;
    const timeouts = { headersTimeout: lateMs, bodyTimeout: lateMs };
    const pool = new Pool(origin, { connections, ...timeouts, connect: { timeout: lateMs } });
    let batch = empty();
    const ask = async (): Promise<void> => {
        try {
            const { statusCode, headers, body } = await pool.request({ method: "GET", path, headers: { host } });
            const text = await body.text();
            if (statusCode !== 200) throw new Error(`${statusCode} ${text.slice(0, 80)}`.trim());
            const [[, version] = []] = versionsIn(String(headers["x-served-by"]), text);
            if (version === undefined) throw new Error("an answer without its version");
            batch.answers[version] = (batch.answers[version] ?? 0) + 1;
            batch.last[version] = Date.now();
        } catch (error) {
            const { message } = error as Error;
            batch.failures[message] = (batch.failures[message] ?? 0) + 1;
        }
    };
    const started = performance.now();
    let begun = 0;
    setInterval(() => {
        const due = Math.floor(((performance.now() - started) * rate) / 1000);
        for (; begun < due; begun++) {
            batch.begun++;
            void ask();
        }
    }, tickMs);
    setInterval(() => {
        process.stdout.write(`${JSON.stringify(batch)}\n`);
        batch = empty();
    }, tellMs);
}

const empty = (): Batch => ({ begun: 0, answers: {}, last: {}, failures: {} });

async function main(): Promise<void> {
    let isSending = false;
    for await (const line of readline.createInterface({ input: process.stdin })) {
        if (!isSending) send(JSON.parse(line) as StreamOptions);
        isSending = true;
    }
    process.exit(0);
}

void main();
