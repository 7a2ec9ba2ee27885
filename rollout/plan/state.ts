import { exportedState, resourcesIn } from "../exported";
import { type Change, nameOf, resourceState } from "./events";

/**
 * The resources of a stack as last applied, in the form of changes that change nothing.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the state can't be read
 */
export async function changesInState(stack: string, folder?: string): Promise<Change[]> {
    return changesIn(await exportedState(stack, folder));
}

/** The same of an exported state, without what only waits for being deleted: it serves no more. @throws when it is none */
export function changesIn(state: unknown): Change[] {
    return resourcesIn(state)
        .filter(({ delete: isLeaving }) => !isLeaving)
        .map(({ urn, type, parent, inputs, outputs }) => {
            const same = resourceState({ inputs, outputs, parent });
            return { urn, type, name: nameOf(urn), op: "same", old: same, new: same, replaceKeys: [] };
        });
}
