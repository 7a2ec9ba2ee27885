import { z } from "zod";
import type { Finding, Target } from "../cluster/target";
import { pulumi } from "./pulumi";

const outputs = z.looseObject({ context: z.string().optional() });

/**
 * What is wrong when a stack is up already, on another cluster than the one it is to run on now: its state tells of that one.
 *
 * @param ask runs Pulumi, and gives what it printed
 */
export async function elsewhere(
    stack: string,
    target: Pick<Target, "context">,
    ask: typeof pulumi = pulumi,
): Promise<Finding[]> {
    const known = JSON.parse(await ask(["stack", "ls", "--json"])) as { name: string }[];
    if (!known.some(({ name }) => name === stack)) return [];
    const { context } = outputs.parse(JSON.parse(await ask(["stack", "output", "--json", "--stack", stack])));
    if (!context || context === target.context) return [];
    return [
        {
            what: `Stack ${stack} is up on another cluster (context ${context}), and its state tells of that one.`,
            fix: `pulumi destroy --stack ${stack} first; if that cluster is gone: pulumi stack rm --force --preserve-config --stack ${stack}`,
        },
    ];
}
