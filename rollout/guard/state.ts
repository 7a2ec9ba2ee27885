import { z } from "zod";
import { pulumi } from "../pulumi";
import { troubleOf } from "../trouble";

const values = z.record(z.string(), z.object({ value: z.string().optional() }));

/** A stack's config as a program gets it: values by `namespace:key`, maps as JSON. Secrets are left out. @throws with the way out, when there is no such stack or Pulumi can't read it */
export async function pendingConfig(stack: string, folder?: string): Promise<Record<string, string>> {
    const text = await pulumi(["config", "--json", "--stack", stack], folder).catch(async (error: Error) => {
        throw await troubleOf(error, stack, folder);
    });
    const printed = values.parse(JSON.parse(text));
    return Object.fromEntries(
        Object.entries(printed).flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]])),
    );
}
