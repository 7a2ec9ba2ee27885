import { Load } from "./load/load";
import type { Window } from "./load/protocol";
import { shopLoad } from "./edge";
import type { StackOutputs } from "./stack";
import { expectedShares, judge, Verification } from "./verify";

/** What is sent to measure a service. */
export interface Measurement {
    /** The service whose versions are counted. */
    service: string;
    /** How many requests. */
    requests: number;
    /** Requests a second. */
    rate: number;
    headers: Record<string, string>;
}

/** Sends requests through the gateway at a steady rate, nothing tried again, and judges which pods answered. */
export async function measure(
    outputs: StackOutputs,
    { service, requests, rate, headers }: Measurement,
): Promise<Verification> {
    const weights = outputs.weights[service];
    if (!weights)
        throw new Error(
            `The stack splits no service ${service}; it splits ${Object.keys(outputs.weights).join(", ")}.`,
        );
    const { options, prefix } = await shopLoad(outputs, { rate, maxRequests: requests, headers });
    const load = new Load(options, prefix);
    let window: Window;
    try {
        window = await load.finished();
    } finally {
        load.kill();
    }
    return judge(service, window, expectedShares(weights, outputs.canaryHeaders[service], headers));
}
