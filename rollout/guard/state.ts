import { z } from "zod";
import { pulumi } from "../pulumi";

const values = z.record(z.string(), z.object({ value: z.string().optional() }));

/** A stack's config as a program gets it: values by `namespace:key`, maps as JSON. Secrets are left out. */
export async function pendingConfig(stack: string, folder?: string): Promise<Record<string, string>> {
    const printed = values.parse(JSON.parse(await pulumi(["config", "--json", "--stack", stack], folder)));
    return Object.fromEntries(
        Object.entries(printed).flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]])),
    );
}
