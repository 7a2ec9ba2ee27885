import * as crypto from "node:crypto";
import { badRequests } from "./badRequests";
import { documentation } from "./documentation";
import { reads } from "./reads";
import { Shop, type Check, type FetchLike } from "./shop";
import { tokens } from "./tokens";
import { createReadDelete } from "./writes";

/** What one check found. */
export interface CheckResult {
    /** A sentence of what should hold. */
    readonly name: string;
    readonly ok: boolean;
    /** What was seen instead; empty when ok. */
    readonly detail: string;
}

/** How the checks go about it. */
export interface TestEmAllOptions {
    /** Product that is created and deleted; default: a random one from a million up, out of other callers' way. */
    readonly productId?: number;
    /** How often it is read, at most, until each pod that keeps a part of it has answered; default 100. */
    readonly reads?: number;
}

/**
 * The list of tests that the shop passes whatever its weights and replicas, one after another.
 *
 * The only product it changes is one of its own.
 *
 * @param base where the shop is called, such as `https://minikube.me`.
 * @param token from `POST /oauth/token`.
 * @param fetch the global `fetch`, or one that knows the gateway's certificate; retries off, so that failures are seen.
 * @returns every check, failed ones with what was seen; it never throws for what the shop does.
 */
export async function testEmAll(
    base: URL,
    token: string,
    fetch: FetchLike,
    options: TestEmAllOptions = {},
): Promise<CheckResult[]> {
    const { productId = crypto.randomInt(1_000_000, 2_000_000_000), reads: maxReads = 100 } = options;
    const shop = new Shop(base, token, fetch);
    const checks = [...reads, ...createReadDelete(productId, maxReads), ...badRequests, ...tokens, ...documentation];
    const results: CheckResult[] = [];
    for (const check of checks) results.push(await resultOf(check, shop));
    return results;
}

async function resultOf({ name, run }: Check, shop: Shop): Promise<CheckResult> {
    try {
        await run(shop);
        return { name, ok: true, detail: "" };
    } catch (error) {
        return { name, ok: false, detail: messageOf(error) };
    }
}

/** `fetch failed` says nothing: its cause does. */
function messageOf(error: unknown): string {
    if (!(error instanceof Error)) return String(error);
    return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
