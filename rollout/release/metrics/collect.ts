import { applied } from "../../applied";
import { projectName } from "../../plan/projectName";
import { pulumi } from "../../pulumi";
import { splitsIn } from "../../splits";
import { type Update, updatesIn } from "../history";
import { familiesOf } from "./families";
import { openMetrics } from "./openMetrics";
import { pastOf } from "./releases";

/** Updates in one answer of Pulumi. */
const pageSize = 200;

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

/** All of a stack's updates: a counter that forgets the oldest would fall. @param size of a page; a test has a small one */
export async function allUpdates(stack: string, folder?: string, size = pageSize): Promise<Update[]> {
    const found = new Map<string, Update>();
    for (let page = 1; ; page++) {
        const sizes = ["--page-size", String(size), "--page", String(page)];
        const printed = await pulumi(
            ["stack", "history", "--json", "--full-dates", "--stack", stack, ...sizes],
            folder,
        );
        const updates = updatesIn(printed);
        const known = found.size;
        // An update that ends between two pages moves the last one of the first to the second.
        for (const update of updates.toReversed()) found.set(keyOf(update), update);
        if (updates.length < size || found.size === known) return [...found.values()].reverse();
    }
}

/** Where the backend gives no number, two updates differ in when they began. */
function keyOf({ version, startTime, message }: Update): string {
    return `${version} ${startTime} ${message}`;
}
