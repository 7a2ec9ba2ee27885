// @ts-check
/**
 * Sends requests from where it runs: in a pod's network, through that pod's sidecar.
 *
 * Reads one batch a line, as JSON, and writes one line for each: `{ id, counts }`, how often each answer came.
 */
import * as readline from "node:readline";
import { Agent, request } from "undici";

/** @typedef {{id: number, origin: string, host: string, path: string, method: string, headers: Record<string, string>, count: number, fresh: boolean}} Batch */

const dispatcher = new Agent({ connections: 8, headersTimeout: 10_000, bodyTimeout: 10_000 });
const batchesAtOnce = 4;
const requestsAtOnce = 6;

/** @type {Batch[]} */
const waiting = [];
let running = 0;

readline.createInterface(process.stdin).on("line", (line) => {
    /** @type {unknown} */
    const batch = JSON.parse(line);
    waiting.push(/** @type {Batch} */ (batch));
    next();
});

function next() {
    while (running < batchesAtOnce) {
        const batch = waiting.shift();
        if (!batch) return;
        running++;
        void answer(batch).finally(() => {
            running--;
            next();
        });
    }
}

/** @param {Batch} batch */
async function answer(batch) {
    /** @type {Record<string, number>} */
    const counts = {};
    let left = batch.count;
    const work = async () => {
        while (left-- > 0) {
            const outcome = await one(batch);
            counts[outcome] = (counts[outcome] ?? 0) + 1;
        }
    };
    await Promise.all(Array.from({ length: requestsAtOnce }, work));
    console.log(JSON.stringify({ id: batch.id, counts }));
}

/**
 * The pod that answered, or the status where it was none.
 *
 * @param {Batch} batch @returns {Promise<string>}
 */
async function one({ origin, host, path, method, headers, fresh }) {
    try {
        const sent = { dispatcher, method, headers: { ...headers, host }, reset: fresh };
        const { statusCode, headers: answered, body } = await request(`${origin}${path}`, sent);
        await body.dump();
        return String(answered["x-served-by-pod"] ?? `status ${statusCode}`);
    } catch (error) {
        return `no answer: ${error instanceof Error ? error.message : String(error)}`;
    }
}
