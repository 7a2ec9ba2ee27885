import { setTimeout as after } from "node:timers/promises";
import { call, type Edge } from "./edge";
import { versionsIn } from "../../rollout/load/answer";

/** A load in the manner of `siege --delay=3 --concurrent=3 --time=10S`. */
export interface Siege {
    /** Each user waits between 0 and so many seconds before a request. */
    delay: number;
    /** How many users there are. */
    concurrent: number;
    /** How long it goes on, in seconds. */
    time: number;
}

/** What a siege tells at its end. */
export interface SiegeResult {
    transactions: number;
    /** Transactions that were answered with an error, or not at all. */
    failed: number;
    /** Answers by `service=version`. */
    served: Record<string, number>;
}

/** Users who click and wait: far fewer requests than the load makes, but at the moments that chance gives. Nothing is tried again. */
export async function siege(
    edge: Edge,
    path: string,
    { delay, concurrent, time }: Siege,
    headers: Record<string, string> = {},
): Promise<SiegeResult> {
    const result: SiegeResult = { transactions: 0, failed: 0, served: {} };
    const end = performance.now() + time * 1000;
    const user = async (): Promise<void> => {
        for (;;) {
            await after(Math.random() * delay * 1000);
            if (performance.now() >= end) return;
            await click(edge, path, headers, result);
        }
    };
    await Promise.all(Array.from({ length: concurrent }, user));
    return result;
}

async function click(edge: Edge, path: string, sent: Record<string, string>, result: SiegeResult): Promise<void> {
    result.transactions++;
    try {
        const { status, body, headers } = await call(edge, path, { headers: sent });
        if (status >= 400) result.failed++;
        for (const [service, version] of versionsIn(headers["x-served-by"], body)) {
            const name = `${service}=${version}`;
            result.served[name] = (result.served[name] ?? 0) + 1;
        }
    } catch {
        result.failed++;
    }
}
