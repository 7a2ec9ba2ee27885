import { z } from "zod";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import { exportedState, resourcesIn } from "../../rollout/exported";
import { pulumi } from "../../rollout/pulumi";
import { troubleOf } from "../../rollout/trouble";
import { UserError } from "../../components/userError";

const weights = z.record(z.string(), z.number());
const header = z.object({
    name: z.string(),
    exact: z.string().optional(),
    prefix: z.string().optional(),
    regex: z.string().optional(),
    to: z.string(),
});

const schema = z.object({
    urls: z.record(z.string(), z.string()),
    gatewayAddress: z.string().optional(),
    httpAddress: z.string().optional(),
    certificates: z.record(z.string(), z.string()),
    weights: z.record(z.string(), weights),
    canaryHeaders: z.record(z.string(), header),
    details: z.record(z.string(), z.record(z.string(), z.unknown())),
    kubeconfig: z.string(),
    context: z.string(),
});

/** What a stack says of itself after an `up`: as applied, not as configured. */
export type StackOutputs = z.infer<typeof schema> & { canaryHeaders: Record<string, CanaryHeader> };

/** What of it is no secret. */
const open = schema.omit({ details: true });
export type OpenOutputs = Omit<StackOutputs, "details">;

/** @throws when the stack is not there or was never brought up. */
export async function stackOutputs(stack: string): Promise<StackOutputs> {
    const asked = ["stack", "output", "--json", "--show-secrets", "--stack", stack];
    const printed = await pulumi(asked).catch(async (error: Error) => {
        throw await troubleOf(error, stack);
    });
    const parsed = schema.safeParse(JSON.parse(printed));
    if (parsed.success) return withAddress(parsed.data);
    const missing = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
    throw new UserError({
        what: `Stack ${stack} has no ${missing}: its last update did not get to its end.`,
        fix: `pulumi up --stack ${stack}`,
    });
}

/**
 * What of it is no secret, by the state's own file, where there is one: nobody has to wait until Pulumi has started.
 *
 * @throws as `stackOutputs` does
 */
export async function openOutputs(stack: string): Promise<OpenOutputs> {
    const resources = resourcesIn(await exportedState(stack));
    const read = open.safeParse(resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs);
    return read.success ? withAddress(read.data) : stackOutputs(stack);
}

async function withAddress<Outputs extends OpenOutputs>(outputs: Outputs): Promise<Outputs> {
    const { gatewayAddress, kubeconfig, context } = outputs;
    if (gatewayAddress) return outputs;
    // Only then: the cluster's client takes long to load. Not the client itself, of which a bundle would then keep all.
    const { gatewayOf } = await import("./gateway");
    return { ...outputs, ...(await gatewayOf(kubeconfig, context)) };
}
