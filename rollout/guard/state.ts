import { z } from "zod";
import { saidBefore } from "../config/saidBefore";
import { pulumi, surroundings } from "../pulumi";
import { troubleOf } from "../trouble";

const values = z.record(z.string(), z.object({ value: z.string().optional() }));

/** A stack's config by `namespace:key`, maps as JSON; a secret has no value. @throws with the way out, when there is no such stack or Pulumi can't read it */
export async function listedConfig(
    stack: string,
    folder?: string,
): Promise<Record<string, { value?: string | undefined }>> {
    const { cwd, env } = await surroundings(folder);
    const said = await saidBefore({ stack, folder: cwd, env }, async () => {
        const text = await pulumi(["config", "--json", "--stack", stack], folder).catch(async (error: Error) => {
            throw await troubleOf(error, stack, folder);
        });
        return values.parse(JSON.parse(text));
    });
    return values.parse(said);
}

/** The same as a program gets it. Secrets are left out. @throws as `listedConfig` does */
export async function pendingConfig(stack: string, folder?: string): Promise<Record<string, string>> {
    const printed = await listedConfig(stack, folder);
    return Object.fromEntries(
        Object.entries(printed).flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]])),
    );
}
