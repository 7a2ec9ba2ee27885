import { Load } from "../../rollout/load/load";
import { loadOn } from "./entrance";
import type { Window } from "../../rollout/load/protocol";
import type { StackOutputs } from "./outputs";
import type { Story } from "./story";
import { expectedShares, judge, type Verification } from "../../rollout/verify";

/** What is sent to measure services. */
export interface Measurement {
    /** The services whose versions are counted. */
    services: readonly string[];
    /** How many requests. */
    requests: number;
    /** Requests a second. */
    rate: number;
    headers: Record<string, string>;
}

/** Sends requests through the gateway at a steady rate, nothing tried again, and judges which versions answered. */
export async function measure(
    story: Pick<Story, "system" | "entry">,
    outputs: StackOutputs,
    { services, requests, rate, headers }: Measurement,
): Promise<Verification[]> {
    const expected = services.map((service) => [service, expectedOf(outputs, service, headers)] as const);
    const { options, prefix } = await loadOn(story, outputs, { rate, maxRequests: requests, headers });
    const load = new Load(options, prefix);
    let window: Window;
    try {
        window = await load.finished();
    } finally {
        load.kill();
    }
    return expected.map(([service, shares]) => judge(service, window, shares));
}

function expectedOf(outputs: StackOutputs, service: string, headers: Record<string, string>) {
    const weights = outputs.weights[service];
    if (!weights)
        throw new Error(
            `The stack splits no service ${service}; it splits ${Object.keys(outputs.weights).join(", ")}.`,
        );
    return expectedShares(weights, outputs.canaryHeaders[service], headers);
}
