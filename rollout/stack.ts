import * as fs from "node:fs";
import { stateDir } from "../cluster/paths";
import { writeInPlace } from "./config/inPlace";
import { ownName } from "./config/stackFile";
import { pulumi, surroundings } from "./pulumi";

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
    const file = stateDir(`state-${ownName(stack)}.json`);
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
    const { cwd, env } = await surroundings(folder);
    if (writeInPlace({ stack, folder: cwd, env }, values)) return;
    const pairs = Object.entries(values).flatMap(([path, value]) => ["--plaintext", `${path}=${value}`]);
    await pulumi(["config", "set-all", "--stack", stack, "--path", ...pairs], folder);
}

/** Removes a value from the stack's config file. It is fine when it is not there. */
export async function removeConfig(stack: string, path: string, folder?: string): Promise<void> {
    await pulumi(["config", "rm", "--stack", stack, "--path", path], folder);
}
