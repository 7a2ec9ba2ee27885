import { measure } from "../play/measure";
import { stackOutputs } from "../play/outputs";
import { storyWith } from "../stories";
import type { OwnProbe } from "../../rollout/ownProject";
import type { Verification } from "../../rollout/verify";

/** Measures a service of the demo systems through their gateway, with their tokens; its answers say who has served them. */
export async function verifyDemo(stack: string, service: string, probe: OwnProbe): Promise<Verification> {
    const story = storyWith(service);
    const outputs = await stackOutputs(stack);
    const [result] = await measure(story, outputs, { services: [service], ...probe });
    if (!result) throw new Error(`Nothing was measured of ${service}.`);
    if (result.failed === result.requests) {
        const { whyNoGateway } = await import("../play/whyNoGateway");
        console.error(`upshift: nothing was answered. ${await whyNoGateway(outputs)}`);
    }
    return result;
}
