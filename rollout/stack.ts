import * as fs from "node:fs";
import { z } from "zod";
import type { CanaryHeader } from "../components/traffic/split/headerMatch";
import { stateDir } from "../cluster/paths";
import { gatewayOf } from "./gateway";
import { pulumi } from "./pulumi";

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

/** @throws when the stack is not there or was never brought up. */
export async function stackOutputs(stack: string): Promise<StackOutputs> {
    const printed = await pulumi(["stack", "output", "--json", "--show-secrets", "--stack", stack]);
    const parsed = schema.safeParse(JSON.parse(printed));
    if (parsed.success) {
        const { gatewayAddress, kubeconfig, context } = parsed.data;
        return gatewayAddress ? parsed.data : { ...parsed.data, ...(await gatewayOf(kubeconfig, context)) };
    }
    const missing = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
    throw new Error(
        `Stack ${stack} has no ${missing}: its last update did not get to its end.\n  fix: pulumi up --stack ${stack}`,
    );
}

/**
 * The project's stacks, in the backend that is used.
 *
 * @param folder of the project, where it is another than this one.
 */
export async function stackNames(folder?: string): Promise<string[]> {
    const known = JSON.parse(await pulumi(["stack", "ls", "--json"], folder)) as { name: string }[];
    return known.map(({ name }) => name);
}

/** Puts a state in the place of a stack's own. */
export async function importState(stack: string, state: object): Promise<void> {
    const file = stateDir(`state-${stack}.json`);
    fs.writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    try {
        await pulumi(["stack", "import", "--stack", stack, "--file", file]);
    } finally {
        fs.rmSync(file);
    }
}

/** Makes the stack if it is not there, and selects it. */
export async function selectStack(stack: string): Promise<void> {
    await pulumi(["stack", "select", "--create", stack]);
}

/**
 * Writes values of the stack's config file, all in one go.
 *
 * @param values by path: `{"weights.review.v2": 20}`.
 * @param folder of the project, where it is another than this one.
 */
export async function setConfig(
    stack: string,
    values: Readonly<Record<string, string | number | boolean>>,
    folder?: string,
): Promise<void> {
    const pairs = Object.entries(values).flatMap(([path, value]) => ["--plaintext", `${path}=${value}`]);
    await pulumi(["config", "set-all", "--stack", stack, "--path", ...pairs], folder);
}

/** Removes a value from the stack's config file. It is fine when it is not there. */
export async function removeConfig(stack: string, path: string, folder?: string): Promise<void> {
    await pulumi(["config", "rm", "--stack", stack, "--path", path], folder);
}
