import { z } from "zod";
import type { Finding, Target } from "../cluster/target";
import { pulumi } from "./pulumi";

const outputs = z.looseObject({ context: z.string().optional() });

/** What is wrong when a stack is up already, on another cluster than the one it is to run on now: its state tells of that one. */
export async function elsewhere(stack: string, target: Target): Promise<Finding[]> {
    const known = JSON.parse(await pulumi(["stack", "ls", "--json"])) as { name: string }[];
    if (!known.some(({ name }) => name === stack)) return [];
    const { context } = outputs.parse(JSON.parse(await pulumi(["stack", "output", "--json", "--stack", stack])));
    if (!context || context === target.context) return [];
    return [
        {
            what: `Stack ${stack} is up on another cluster (context ${context}), and its state tells of that one.`,
            mend: `pulumi destroy --stack ${stack} first; if that cluster is gone: pulumi stack rm --force --preserve-config --stack ${stack}`,
        },
    ];
}
