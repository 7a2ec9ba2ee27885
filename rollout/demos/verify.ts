import { measure } from "../measure";
import { stackOutputs } from "../stack";
import { storyWith } from "../stories";
import type { Verification } from "../verify";

/** What is measured of a demo system's service. */
export interface DemoProbe {
    readonly requests: number;
    readonly rate: number;
    readonly headers: Record<string, string>;
}

/** Measures a service of the demo systems through their gateway, with their tokens; its answers say who has served them. */
export async function verifyDemo(stack: string, service: string, probe: DemoProbe): Promise<Verification> {
    const story = storyWith(service);
    const outputs = await stackOutputs(stack);
    const [result] = await measure(story, outputs, { services: [service], ...probe });
    if (!result) throw new Error(`Nothing was measured of ${service}.`);
    if (result.failed === result.requests) {
        const { whyNoGateway } = await import("../whyNoGateway");
        console.error(`upshift: nothing was answered. ${await whyNoGateway(outputs)}`);
    }
    return result;
}
