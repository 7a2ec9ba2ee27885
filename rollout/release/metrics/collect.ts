import { applied } from "../../applied";
import { projectName } from "../../plan/projectName";
import { pulumi } from "../../pulumi";
import { splitsIn } from "../../splits";
import { readHistory, type Update, updatesIn } from "../history";
import { familiesOf } from "./families";
import { openMetrics } from "./openMetrics";
import { pastOf } from "./releases";

/**
 * The releases of a stack as OpenMetrics' text. Nothing runs for it: all of it stands in the stack's history and state.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when Pulumi can't read the stack.
 */
export async function releaseMetrics(stack: string, folder?: string): Promise<string> {
    const project = projectName(folder);
    const [state, updates] = await Promise.all([applied(stack, folder), allUpdates(stack, folder)]);
    const splits = splitsIn(state);
    const stable = Object.fromEntries(splits.map(({ service, stable: version }) => [service, version]));
    const [only, ...others] = Object.keys(stable);
    const past = pastOf(updates, { project, stable, ...(only !== undefined && others.length === 0 && { only }) });
    return openMetrics(familiesOf(past, splits, { project, stack }));
}

/** All of a stack's updates, the oldest first: a counter that forgets the oldest would fall. @param size of a page; a test has a small one */
export async function allUpdates(stack: string, folder?: string, size?: number): Promise<Update[]> {
    return updatesIn(await readHistory((args) => pulumi(args, folder), stack, Infinity, size));
}
